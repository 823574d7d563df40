"""Does the whole repository keep the laws of the house?"""
