"""Does it run, whatever state it was left in?"""
