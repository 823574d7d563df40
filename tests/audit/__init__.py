"""Is the audit log complete, and can nobody change it?"""
