"""What `import tidegate` offers: the same operations as the command line, for notebooks and programs.

`tidegate/__init__.py` hands these out by name when they are first asked for;
`tidegate/__init__.pyi` says the same to a type checker. Names are only ever added.
"""
