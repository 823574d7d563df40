"""What do containers need beside the settings?"""
