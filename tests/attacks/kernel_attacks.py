"""What a hostile notebook tries. The text of this module is executed inside a kernel, so it imports nothing of ours.

Every attack is a function of ``g`` (where the victims are): it returns when it got through and raises when it did not.
None of them harms the machine: victims are the test's own files and processes, and everything is bounded and undone.
"""

import array
import ctypes
import fcntl
import json
import mmap
import os
import resource
import signal
import socket
import subprocess
import sys

ATTACKS = {}
#: Only root, or a machine with the feature, gets through even without confinement: refused there, the test says so.
PRIVILEGED = {
    "read_etc_shadow", "open_a_raw_socket", "mount_a_file_system", "make_a_user_namespace", "change_the_user",
    "clone_into_a_user_namespace", "write_a_setting_of_the_machine", "set_up_io_uring", "trace_a_sibling",
    "read_a_siblings_memory", "read_a_siblings_memory_file", "steal_a_siblings_descriptor", "make_a_sysv_segment",
    "resolve_and_fetch_with_curl", "keep_everybody_from_opening_a_snapshot", "be_told_what_happens_in_a_folder",
}  # fmt: skip
#: Only stopped by namespaces; Landlock with seccomp (all that many containers allow) lets them through.
NEEDS_NAMESPACES = set()

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long
_X86 = os.uname().machine == "x86_64"


def attack(function):
    ATTACKS[function.__name__] = function
    return function


def syscall(x86, arm, *arguments):
    values = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    result = _libc.syscall(ctypes.c_long(x86 if _X86 else arm), *values)
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def read(path, size=64):
    with open(path, "rb") as file:
        return file.read(size)


def in_child(function):
    """Run in a forked child; raise when it raised or died."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            function()
            os.write(writer, b"ok")
        except BaseException as error:
            os.write(writer, repr(error).encode()[:500])
        os._exit(0)
    os.close(writer)
    answer = os.read(reader, 1000)
    os.close(reader)
    os.waitpid(child, 0)
    if answer != b"ok":
        raise OSError(answer.decode() or "the child died")


def run_program(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    if done.returncode != 0:
        raise OSError(done.stderr[-300:] or f"status {done.returncode}")
    return done.stdout


# --- files ---------------------------------------------------------------------------------------


@attack
def read_another_project(g):
    read(g["other"] + "/secret.txt")


@attack
def list_another_project(g):
    os.listdir(g["other"])


@attack
def write_into_another_project(g):
    with open(g["other"] + "/planted.txt", "w") as file:
        file.write("x")
    os.unlink(g["other"] + "/planted.txt")


@attack
def move_a_file_into_another_project(g):
    with open("move.txt", "w") as file:
        file.write("x")
    os.rename("move.txt", g["other"] + "/move.txt")
    os.unlink(g["other"] + "/move.txt")


@attack
def read_a_key_of_the_workspace(g):
    read(g["key"])


@attack
def open_the_registry(g):
    import sqlite3

    sqlite3.connect(g["registry"]).execute("select * from people").fetchall()


@attack
def read_raw_source_with_duckdb(g):
    import duckdb

    duckdb.connect().execute("select * from read_csv(?)", [g["source"]]).fetchall()


@attack
def read_etc_shadow(g):
    read("/etc/shadow")


@attack
def follow_a_link_out_of_the_project(g):
    os.symlink(g["other"] + "/secret.txt", "link")
    try:
        read("link")
    finally:
        os.unlink("link")


@attack
def go_through_proc_self_root(g):
    read("/proc/self/root" + g["other"] + "/secret.txt")


@attack
def watch_another_project(g):
    descriptor = syscall(294, 26, 0)
    try:
        syscall(254, 27, descriptor, ctypes.c_char_p(g["other"].encode()), 0xFFF)
    finally:
        os.close(descriptor)


@attack
def change_the_interpreter(g):
    os.close(os.open(g["library"], os.O_WRONLY))


@attack
def change_a_snapshot_in_place(g):
    with open(g["snapshot"], "r+b") as file:
        file.seek(0)


@attack
def make_a_snapshot_writable(g):
    before = os.stat(g["snapshot"]).st_mode
    os.chmod(g["snapshot"], before | 0o222)
    if os.stat(g["snapshot"]).st_mode == before:
        raise OSError("nothing changed")
    os.chmod(g["snapshot"], before)


@attack
def change_the_time_of_a_snapshot(g):
    before = os.stat(g["snapshot"]).st_mtime_ns
    os.utime(g["snapshot"], ns=(before, before + 10**9))
    if os.stat(g["snapshot"]).st_mtime_ns == before:
        raise OSError("nothing changed")
    os.utime(g["snapshot"], ns=(before, before))


@attack
def rename_a_snapshot(g):
    os.rename(g["snapshot"], g["snapshot"] + ".x")
    os.rename(g["snapshot"] + ".x", g["snapshot"])


@attack
def delete_beside_a_snapshot(g):
    os.unlink(g["beside"])
    with open(g["beside"], "w"):
        pass


@attack
def hardlink_a_snapshot_and_open_it_for_writing(g):
    os.link(g["snapshot"], "hard.duckdb")
    try:
        os.close(os.open("hard.duckdb", os.O_RDWR))
    finally:
        os.unlink("hard.duckdb")


@attack
def reattach_a_snapshot_for_writing(g):
    """Read-only, external access off and locked is not immutable: DETACH and ATTACH the same path."""
    import duckdb

    con = duckdb.connect()
    con.execute(f"ATTACH '{g['snapshot']}' AS s (READ_ONLY)")
    con.execute("SET enable_external_access=false; SET lock_configuration=true")
    con.execute("DETACH s")
    con.execute(f"ATTACH '{g['snapshot']}' AS s")
    con.execute("CREATE TABLE s.evil(a INT); DROP TABLE s.evil; DETACH s")


@attack
def keep_everybody_from_opening_a_snapshot(g):
    """Whoever opens a file waits until a lease on it is given back, or for 45 seconds."""
    descriptor = os.open(g["beside"], os.O_RDONLY)
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_WRLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    finally:
        os.close(descriptor)


@attack
def be_told_what_happens_in_a_folder(g):
    descriptor = os.open(os.path.dirname(g["snapshot"]), os.O_RDONLY)
    try:
        fcntl.fcntl(descriptor, fcntl.F_NOTIFY, fcntl.DN_CREATE)
    finally:
        os.close(descriptor)


# --- network -------------------------------------------------------------------------------------


@attack
def connect_over_tcp(g):
    socket.create_connection(("127.0.0.1", g["tcp"]), 2).close()


@attack
def listen_on_tcp(g):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen()


@attack
def send_over_udp(g):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.sendto(b"x", ("127.0.0.1", g["udp"]))


@attack
def open_a_raw_socket(g):
    socket.socket(socket.AF_INET, socket.SOCK_RAW, 1).close()


@attack
def open_a_netlink_socket(g):
    socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0).close()


@attack
def connect_to_an_abstract_socket(g):
    with socket.socket(socket.AF_UNIX) as s:
        s.connect("\0" + g["abstract"])


@attack
def connect_to_a_unix_socket(g):
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(g["unix"])


@attack
def send_to_a_unix_socket_through_a_pair(g):
    a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with a, b:
        a.sendmsg([b"x"], [], 0, g["datagram"])


@attack
def connect_to_another_kernel(g):
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(g["kernel_socket"])


@attack
def read_another_kernels_key(g):
    json.loads(read(g["kernel_file"], 10_000))["key"]


@attack
def resolve_and_fetch_with_curl(g):
    run_program("curl", "-sS", "--max-time", "3", f"http://127.0.0.1:{g['http']}/")


# --- processes -----------------------------------------------------------------------------------


@attack
def find_the_servers_secret_in_the_own_environment(g):
    if g["secret"].encode() not in read("/proc/self/environ", 10**6) and g["secret"] not in str(dict(os.environ)):
        raise OSError("not there")


@attack
def read_the_parents_environment(g):
    read(f"/proc/{os.getppid()}/environ", 10)


@attack
def read_the_servers_environment(g):
    read(f"/proc/{g['server']}/environ", 10)


@attack
def read_a_siblings_environment(g):
    read(f"/proc/{g['sibling']}/environ", 10)


@attack
def read_a_siblings_memory_file(g):
    os.close(os.open(f"/proc/{g['sibling']}/mem", os.O_RDONLY))


@attack
def list_a_siblings_descriptors(g):
    os.listdir(f"/proc/{g['sibling']}/fd")


@attack
def read_a_siblings_memory(g):
    buffer = ctypes.create_string_buffer(8)
    local = (ctypes.c_uint64 * 2)(ctypes.addressof(buffer), 8)
    remote = (ctypes.c_uint64 * 2)(g["address"], 8)
    syscall(310, 270, g["sibling"], local, 1, remote, 1, 0)
    if buffer.raw != b"SIBLINGS":
        raise OSError("something else")


@attack
def trace_a_sibling(g):
    in_child(lambda: syscall(101, 117, 0x4206, g["sibling"], 0, 0))  # PTRACE_SEIZE, let go when the child ends


@attack
def steal_a_siblings_descriptor(g):
    pidfd = os.pidfd_open(g["sibling"])
    try:
        os.close(syscall(438, 438, pidfd, 0, 0))
    finally:
        os.close(pidfd)


@attack
def signal_a_sibling(g):
    os.kill(g["sibling"], signal.SIGUSR1)


@attack
def signal_the_server(g):
    os.kill(g["server"], 0)


@attack
def change_a_siblings_limits(g):
    soft, hard = resource.prlimit(g["sibling"], resource.RLIMIT_NOFILE)
    resource.prlimit(g["sibling"], resource.RLIMIT_NOFILE, (soft - 1, hard))
    resource.prlimit(g["sibling"], resource.RLIMIT_NOFILE, (soft, hard))


@attack
def see_other_processes(g):
    names = {
        read(f"/proc/{p}/stat").split(b")")[0] for p in os.listdir("/proc") if p.isdigit() and int(p) == g["server"]
    }
    if not names or g["server"] == os.getpid():
        raise OSError("not there")


@attack
def make_a_sysv_segment(g):
    segment = syscall(29, 194, 0, 64, 0o1600)
    syscall(31, 195, segment, 0, 0)


NEEDS_NAMESPACES |= {"see_other_processes", "list_a_siblings_descriptors"}
if os.getuid() == 0:
    NEEDS_NAMESPACES |= {"fork_without_end"}  # RLIMIT_NPROC does not hold for root


# --- programs and privileges ---------------------------------------------------------------------


@attack
def read_with_cat(g):
    run_program("cat", g["other"] + "/secret.txt")


@attack
def write_with_a_shell(g):
    run_program("sh", "-c", f"echo x > {g['other']}/shell.txt && rm {g['other']}/shell.txt")


@attack
def read_with_another_python(g):
    run_program(sys.executable, "-S", "-c", f"open({g['other'] + '/secret.txt'!r}).read()")


@attack
def connect_with_another_python(g):
    run_program(sys.executable, "-S", "-c", f"import socket; socket.create_connection(('127.0.0.1', {g['tcp']}), 2)")


@attack
def run_a_program_from_the_project(g):
    with open("/usr/bin/id", "rb") as source, open("own-program", "wb") as copy:
        copy.write(source.read())
    os.chmod("own-program", 0o755)
    try:
        run_program("./own-program")
    finally:
        os.unlink("own-program")


@attack
def run_a_program_from_memory(g):
    descriptor = os.memfd_create("x", 0)
    with open("/usr/bin/id", "rb") as source:
        os.write(descriptor, source.read())
    subprocess.run([f"/proc/self/fd/{descriptor}"], pass_fds=[descriptor], capture_output=True, check=True)


@attack
def mount_a_file_system(g):
    os.makedirs("mnt", exist_ok=True)
    here = ctypes.c_char_p(os.path.abspath("mnt").encode())
    syscall(165, 40, ctypes.c_char_p(b"none"), here, ctypes.c_char_p(b"tmpfs"), 0, 0)
    syscall(166, 39, here, 2)


@attack
def make_a_user_namespace(g):
    in_child(lambda: syscall(272, 97, 0x10000000 | 0x00020000))


@attack
def clone_into_a_user_namespace(g):
    def clone():
        # PyDLL keeps the interpreter lock: in the copy, nobody else could ever give it back.
        direct = ctypes.PyDLL(None, use_errno=True).syscall
        child = direct(56 if _X86 else 220, 0x10000000 | signal.SIGCHLD, 0, 0, 0, 0)
        if child == 0:
            os._exit(0)
        if child < 0:
            raise OSError(ctypes.get_errno(), "clone refused")
        os.waitpid(child, 0)

    in_child(clone)


@attack
def set_up_io_uring(g):
    os.close(syscall(425, 425, 8, ctypes.create_string_buffer(256)))


@attack
def change_the_user(g):
    in_child(lambda: os.setresuid(65534, 65534, 65534))


@attack
def write_a_setting_of_the_machine(g):
    os.close(os.open("/proc/sys/kernel/core_pattern", os.O_WRONLY))


# --- resources -----------------------------------------------------------------------------------


@attack
def take_three_gigabytes(g):
    mmap.mmap(-1, 3 << 30, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS).close()


@attack
def take_three_gigabytes_shared(g):
    mmap.mmap(-1, 3 << 30).close()


@attack
def hold_memory_in_a_memfd(g):
    os.close(os.memfd_create("m"))


@attack
def write_a_huge_file(g):
    descriptor = os.open("huge", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        os.posix_fallocate(descriptor, 0, 300 << 20)
    finally:
        os.close(descriptor)
        os.unlink("huge")


@attack
def fork_without_end(g):
    """350 children: more than any bound of ours, few enough for the machine."""

    def bomb():
        children = []
        try:
            for _ in range(350):
                child = os.fork()
                if child == 0:
                    signal.pause()
                    os._exit(0)
                children.append(child)
        finally:
            for child in children:
                os.kill(child, signal.SIGKILL)
            for child in children:
                os.waitpid(child, 0)

    in_child(bomb)


@attack
def open_thousands_of_files(g):
    opened = array.array("i")
    try:
        for _ in range(3000):
            opened.append(os.open("/dev/null", os.O_RDONLY))
    finally:
        for descriptor in opened:
            os.close(descriptor)


@attack
def raise_the_own_limits(g):
    in_child(lambda: resource.setrlimit(resource.RLIMIT_AS, (64 << 30, 64 << 30)))


def attempt(name, g):
    """``[got through, what happened]`` as JSON."""
    try:
        result = ATTACKS[name](g)
    except BaseException as error:
        return json.dumps([False, f"{type(error).__name__}: {error}"[:300]])
    return json.dumps([True, str(result)[:100]])
