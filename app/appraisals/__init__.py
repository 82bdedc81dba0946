"""Village appraisal: people who cannot see each other's answers say how far a household may be trusted."""
