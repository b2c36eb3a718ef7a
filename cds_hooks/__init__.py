"""How an EHR asks about coverage, and how we answer within seconds. Never cases, policies, SQL or PAS."""
