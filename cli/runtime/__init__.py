"""The private environment in which the networks run: made, looked at, removed. Nothing here imports bpy or numpy.

``setup.set_up`` makes it: a plain virtual environment whose libraries pip chooses, our own downloader fetches
(resumable, checked, to be cancelled at any moment) and pip installs without network.
"""
