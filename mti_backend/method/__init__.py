"""Equations shared by all methods: noise and augmentation."""
