"""The generated stimuli of scripts/stimuli: schematic drawings, synthetic sounds, spoken sentences and films of them.

Every stimulus is a function of a random generator, and of nothing else.
"""
