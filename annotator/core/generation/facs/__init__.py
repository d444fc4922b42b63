"""The built-in generation model: reads facial descriptions through a FACS lexicon, on the CPU.

``backend.FacsBackend`` answers requests; ``reading`` turns words into facts about a face,
``composing`` turns facts into the 61 values, ``limits`` keeps them possible; ``planner``
invents descriptions and ``verbaliser`` finds words for values.
"""
