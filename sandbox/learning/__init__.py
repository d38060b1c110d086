"""Learning paths: what their exercises ask, and whether an answer is right. Pure, and only for the portal's side.

``question`` has the shapes and judges; ``practice`` makes a person's practice table; ``first_steps``,
``judging_a_result`` and ``making_your_own`` hold the exercises, ``paths`` lists them. The texts around the exercises
are notebooks in ``learning/``.

An exercise is a function of chance: figures, wording and the order of the options are drawn for each person from a
secret of the portal, so that nobody's answers fit anybody else's questions. To add an exercise: write its function in
the path's module, name it in its ``EXERCISES``, add a cell ``lab.exercise("path/name")`` to the notebook; the tests
answer every exercise of every path.
"""
