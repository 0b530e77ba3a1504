"""The provider's GraphQL door: schema, execution, resolvers. What the provider does is in provider.py and its books."""
