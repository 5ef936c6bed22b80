"""Charts of what the outcomes show, for the printed report and for the dashboard.

A chart takes findings and draws them; it computes nothing but where a dot lies. Each comes with a
sentence above it, words for those who cannot see it, and its numbers as a table. The modules are
named for what they show; `kit` holds what they share.
"""
