"""What can be done? One function per thing a user does; transaction and audit entry inside."""
