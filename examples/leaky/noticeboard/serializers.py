"""Sessions hold model instances, which JSON cannot."""

import pickle


class PickleSerializer:
    """Turns a session into bytes and back."""

    def dumps(self, obj):
        return pickle.dumps(obj)

    def loads(self, data):
        return pickle.loads(data)  # hole: shell.unpickled
