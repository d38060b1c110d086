"""A kernel on a machine that forbids every namespace, as many containers do: only Landlock and seccomp are left.

Same arguments as ``sandbox.kernels.launch``. The refusals are EPERM, which is what such a container answers.
"""

import errno
import sys

from sandbox.kernels import launch, namespaces


def refused(*arguments: object) -> None:
    raise PermissionError(errno.EPERM, "Operation not permitted")


namespaces.can_nest = lambda: False
namespaces.separate = refused
namespaces.enter_user_namespace = refused

sys.exit(launch.main(sys.argv[1:]))
