"""Do the rules say what the unit's supervisors expect of them?"""
