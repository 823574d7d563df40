"""How fast is the product at a size that no demonstration has, beside SQL written by hand?"""
