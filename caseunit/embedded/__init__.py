"""How do PostgreSQL and Valkey from wheels start, who shares them, and how do they stop?"""
