"""Letters to members and providers: versioned texts, composition from a case, pages and PDFs."""
