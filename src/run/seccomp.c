/* SPDX-License-Identifier: Apache-2.0
 *
 * What a RUN may not call. The list follows the spirit of docker's default profile for a container without
 * CAP_SYS_ADMIN: nothing that mounts, makes namespaces, loads code into the kernel, sets the clock or reaches
 * the keyrings, which no namespace keeps apart. What is refused says EPERM; clone3, whose flags a filter cannot
 * see, says ENOSYS, so that libc falls back to clone.
 */
#include "run/seccomp.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lbench/fs.h"
#include "lbench/mem.h"

static const char *const refused[] = {
	/* mounts and file handles */
	"mount",
	"mount_setattr",
	"move_mount",
	"open_tree",
	"fsopen",
	"fsconfig",
	"fsmount",
	"fspick",
	"umount",
	"umount2",
	"pivot_root",
	"open_by_handle_at",
	"quotactl",
	"quotactl_fd",
	"fanotify_init",
	"swapon",
	"swapoff",
	/* namespaces */
	"setns",
	"unshare",
	/* the kernel */
	"init_module",
	"finit_module",
	"delete_module",
	"create_module",
	"kexec_load",
	"kexec_file_load",
	"reboot",
	"bpf",
	"perf_event_open",
	"userfaultfd",
	"iopl",
	"ioperm",
	"vm86",
	"vm86old",
	"modify_ldt",
	"lookup_dcookie",
	"nfsservctl",
	"uselib",
	"sysfs",
	"ustat",
	"_sysctl",
	"io_uring_setup",
	"io_uring_enter",
	"io_uring_register",
	/* keys, which belong to no namespace */
	"keyctl",
	"add_key",
	"request_key",
	/* the machine */
	"settimeofday",
	"stime",
	"clock_settime",
	"clock_settime64",
	"acct",
	"syslog",
	"vhangup",
	"sethostname",
	"setdomainname",
};

static const unsigned long namespaces[] = { CLONE_NEWNS,   CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
					    CLONE_NEWUSER, CLONE_NEWPID,    CLONE_NEWNET };

enum { TERMINAL_INPUT = 0x5412, TERMINAL_LINUX = 0x541c }; /* TIOCSTI, TIOCLINUX: typing into the terminal of whoever runs us */

static void add_architectures(scmp_filter_ctx f)
{
	switch (seccomp_arch_native()) {
	case SCMP_ARCH_X86_64:
		seccomp_arch_add(f, SCMP_ARCH_X86);
		seccomp_arch_add(f, SCMP_ARCH_X32);
		break;
	case SCMP_ARCH_AARCH64:
		seccomp_arch_add(f, SCMP_ARCH_ARM);
		break;
	default:
		break;
	}
}

static int refuse_with_arguments(scmp_filter_ctx f)
{
	uint32_t no = SCMP_ACT_ERRNO(EPERM);
	int rc = 0;
	for (size_t i = 0; !rc && i < LB_COUNT(namespaces); i++)
		rc = seccomp_rule_add(f, no, SCMP_SYS(clone), 1, SCMP_A0(SCMP_CMP_MASKED_EQ, namespaces[i], namespaces[i]));
	if (!rc)
		rc = seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	if (!rc)
		rc = seccomp_rule_add(f, no, SCMP_SYS(ioctl), 1, SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffff, TERMINAL_INPUT));
	if (!rc)
		rc = seccomp_rule_add(f, no, SCMP_SYS(ioctl), 1, SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffff, TERMINAL_LINUX));
	if (!rc)
		rc = seccomp_rule_add(f, no, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_EQ, AF_VSOCK));
	return rc;
}

static int fill(scmp_filter_ctx f)
{
	add_architectures(f);
	for (size_t i = 0; i < LB_COUNT(refused); i++) {
		int nr = seccomp_syscall_resolve_name(refused[i]);
		int rc = nr == __NR_SCMP_ERROR ? 0 : seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), nr, 0);
		if (rc)
			return rc;
	}
	return refuse_with_arguments(f);
}

int lb_seccomp_program(struct lb_buf *out, struct lb_err *err)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);
	if (!f)
		return lb_fail(err, LB_UNAVAILABLE, "libseccomp knows nothing of this machine");
	lb_autofd int fd = memfd_create("lbench-seccomp", MFD_CLOEXEC);
	int rc = fd < 0 ? -errno : fill(f);
	if (!rc)
		rc = seccomp_export_bpf(f, fd);
	seccomp_release(f);
	if (rc) {
		lb_fail_errno(err, -rc, "cannot make the seccomp filter");
		return lb_recode(err, LB_UNAVAILABLE);
	}
	if (lseek(fd, 0, SEEK_SET) != 0)
		return lb_fail_errno(err, errno, "cannot read the seccomp filter");
	return lb_fs_read_fd(fd, out, err);
}
