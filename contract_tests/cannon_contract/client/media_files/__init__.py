"""Readers of the headers of media files: how long a file lasts, and how large its picture is (floor 6).

A file comes from a stranger, so each reader takes time and memory in proportion to the bytes of the file, and raises
BrokenFile or UnknownFormat, nothing else. A decoder cannot promise that: FFmpeg takes two gigabytes for a file of
1,583 bytes whose table of samples names 60 million. The headers of the containers say what is asked here.
"""
