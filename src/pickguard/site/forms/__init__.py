"""Forms, serializers, filtersets and schemas: which fields the browser may write."""
