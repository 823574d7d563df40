"""What can be asked of the audit log from the command line?"""
