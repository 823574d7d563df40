"""How does a release come about: prepared, marked, made, approved by another, handed out?"""
