"""Do the records hold together, whoever writes them?"""
