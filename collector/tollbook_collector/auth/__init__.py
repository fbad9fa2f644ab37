"""Who is speaking: credentials, people, roles, and what each of them may say and see."""
