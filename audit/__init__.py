"""What happened, by whom, provably: an append-only record beside every act and every look."""
