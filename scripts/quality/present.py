def write(data, out):
    pass
