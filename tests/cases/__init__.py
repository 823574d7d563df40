"""Does each part of the unit's work do what it says?"""
