"""Evaluation of Motion Inversion on the text-to-video draft: does a motion move what words say?"""
