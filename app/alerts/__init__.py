"""Inquiries that look abnormal, for the auditor to look into, and the log of inquiries an auditor reads."""
