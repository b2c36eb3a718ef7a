"""What the program is made of besides itself: pinned packages, their hashes and licences, and known vulnerabilities."""
