"""Stories: what an EHR and a reviewer say to a server, and what should come back."""
