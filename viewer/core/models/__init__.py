"""Reading face models, one module a format."""
