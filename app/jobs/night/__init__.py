"""The engines of the nightly job: columns in, columns out."""
