"""How each wire's recordings are played through our clients.

The modules are in a package because some have the names of vendors' libraries.
"""
