/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Opens many sockets in many processes, says so in one line that begins with
 * "ready", and keeps them until its standard input is closed or it ends.  Run
 * it in a network namespace of its own whose loopback interface is up.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "load.h"

#define PROCESSES_MAX 30000u
#define SOCKETS_MAX 10000000u
#define SHARED_MAX 100u
#define PER_SHARED 50u /* one shared socket for so many processes */
#define STANDARD 3u /* descriptors that every process has */
#define USERS 10u /* the first uids, which every system has names for */
#define CHURN_PROCESSES 20u
#define LOOK_AGAIN_MS 1000

struct plan {
	unsigned int sockets, processes, descriptors, shared;
	bool churn;
};

struct report {
	struct load_count count;
	int err;
	char what[32];
};

struct load {
	struct plan plan;
	pid_t *pids;
	int shared[SHARED_MAX];
	int reports[2];
};

static const struct scene {
	const char *name;
	struct plan plan;
} scenes[] = {
    {"S1", {505, 50, 1250, 0, false}},
    {"S2", {20000, 500, 50000, 0, false}},
    {"S3", {100000, 2000, 250000, 0, false}},
};

static void
usage(FILE *f)
{
	fputs("usage: load S1|S2|S3 | --sockets N --processes M "
	      "[--descriptors K] | --churn\n",
	    f);
}

static int
parse_number(const char *text, unsigned int max, unsigned int *value)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno != 0 || *text == '-' || *text == '\0' || *end != '\0' ||
	    n == 0 || n > max) {
		fprintf(
		    stderr, "load: %s: not a number from 1 to %u\n", text, max);
		return -1;
	}
	*value = (unsigned int)n;
	return 0;
}

static int
parse_scene(const char *name, struct plan *plan)
{
	size_t i;

	for (i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++) {
		if (strcmp(scenes[i].name, name) == 0) {
			*plan = scenes[i].plan;
			return 0;
		}
	}
	fprintf(stderr, "load: no scene %s\n", name);
	return -1;
}

static int
parse(int argc, char **argv, struct plan *plan)
{
	static const struct option options[] = {
	    {"sockets", required_argument, NULL, 's'},
	    {"processes", required_argument, NULL, 'p'},
	    {"descriptors", required_argument, NULL, 'd'},
	    {"churn", no_argument, NULL, 'c'}, {NULL, 0, NULL, 0}};
	int c, err = 0;

	while (err == 0 &&
	       (c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 's')
			err = parse_number(optarg, SOCKETS_MAX, &plan->sockets);
		else if (c == 'p')
			err = parse_number(
			    optarg, PROCESSES_MAX, &plan->processes);
		else if (c == 'd')
			err = parse_number(
			    optarg, 2 * SOCKETS_MAX, &plan->descriptors);
		else if (c == 'c')
			plan->churn = true;
		else
			err = -1;
	}
	if (err == 0 && optind + 1 == argc)
		err = parse_scene(argv[optind++], plan);
	if (plan->churn)
		plan->processes = CHURN_PROCESSES;
	if (err < 0 || optind != argc || plan->processes == 0 ||
	    (plan->sockets == 0) != plan->churn) {
		usage(stderr);
		return -1;
	}
	return 0;
}

/* Share number i of n things among m, the first ones one larger. */
static unsigned int
share(unsigned int n, unsigned int m, unsigned int i)
{
	return n / m + (i < n % m ? 1 : 0);
}

static unsigned int
holders(const struct plan *plan)
{
	return LOAD_HOLDERS < plan->processes ? LOAD_HOLDERS : plan->processes;
}

static struct load_part
part_of(const struct plan *plan, unsigned int i)
{
	struct load_part part = {.number = i};

	part.sockets = share(plan->sockets - plan->shared, plan->processes, i);
	part.descriptors = share(plan->descriptors, plan->processes, i);
	return part;
}

/* Completes a plan, and checks it against the limit of descriptors. */
static int
check_plan(struct plan *plan)
{
	struct rlimit limit;
	unsigned int most, sockets;

	if (plan->churn)
		return 0;
	plan->shared = 1 + plan->processes / PER_SHARED;
	if (plan->shared > SHARED_MAX)
		plan->shared = SHARED_MAX;
	if (plan->shared * holders(plan) > plan->processes)
		plan->shared = plan->processes / holders(plan);
	if (plan->shared >= plan->sockets)
		plan->shared = 0;
	sockets = part_of(plan, 0).sockets + STANDARD + 1;
	if (plan->descriptors == 0)
		plan->descriptors = sockets * plan->processes;
	most = part_of(plan, 0).descriptors;
	if (plan->descriptors / plan->processes < sockets) {
		fprintf(stderr,
		    "load: %u descriptors are not enough, they must be "
		    "at least %u\n",
		    plan->descriptors, sockets * plan->processes);
		return -1;
	}
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0) {
		perror("load: getrlimit");
		return -1;
	}
	if (most + 2 + SHARED_MAX > limit.rlim_max) {
		fprintf(stderr,
		    "load: %u descriptors in a process, and the limit is %llu; "
		    "more processes are needed\n",
		    most, (unsigned long long)limit.rlim_max);
		return -1;
	}
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0) {
		perror("load: setrlimit");
		return -1;
	}
	return 0;
}

static void
tell(int fd, const struct report *report)
{
	if (write(fd, report, sizeof(*report)) != sizeof(*report))
		_exit(1);
	close(fd);
}

static void
tell_ready(void *arg)
{
	const struct load *load = arg;
	struct report report;

	memset(&report, 0, sizeof(report));
	report.count.sockets = 1 + 2 * LOAD_CHURN_PAIRS;
	report.count.listen = 1;
	report.count.established = 2 * LOAD_CHURN_PAIRS;
	tell(load->reports[1], &report);
}

static void
keep_shared(const struct load *load, unsigned int i, struct load_count *count)
{
	unsigned int s;

	for (s = 0; s < load->plan.shared; s++) {
		if (i / holders(&load->plan) == s)
			count->shared++;
		else
			close(load->shared[s]);
	}
}

/* As in life, the processes are of several users. */
static int
become(unsigned int i, const char **what)
{
	char name[16];
	uid_t uid = i % USERS;
	int null;

	*what = "user, name and standard files";
	snprintf(name, sizeof(name), "load-%u", i);
	if (prctl(PR_SET_NAME, name) < 0)
		return -errno;
	if (geteuid() == 0 && setresuid(uid, uid, uid) < 0)
		return -errno;
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0)
		return -errno;
	close(null);
	return 0;
}

static void
child(struct load *load, unsigned int i, pid_t parent)
{
	const struct load_part part = part_of(&load->plan, i);
	struct report report;
	const char *what = "";
	int err;

	memset(&report, 0, sizeof(report));
	close(load->reports[0]);
	keep_shared(load, i, &report.count);
	err = become(i, &what);
	/* the new user has taken an earlier wish away */
	if (err == 0 &&
	    (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent))
		_exit(1);
	if (err == 0 && load->plan.churn)
		err = load_churn(i, tell_ready, load, &what);
	if (err == 0)
		err = load_open_sockets(&part, &report.count, &what);
	if (err == 0)
		err = load_fill_descriptors(&part, &report.count, &what);
	report.err = -err;
	snprintf(report.what, sizeof(report.what), "%s", what);
	if (load->plan.churn && err != 0)
		fprintf(stderr, "load: %s: %s\n", what, strerror(-err));
	tell(load->reports[1], &report);
	while (err == 0)
		pause();
	_exit(1);
}

static int
start(struct load *load)
{
	const char *what = "";
	pid_t parent = getpid();
	unsigned int i;

	for (i = 0; i < load->plan.shared; i++) {
		load->shared[i] = load_open_shared(i, &what);
		if (load->shared[i] < 0) {
			fprintf(stderr, "load: %s: %s\n", what,
			    strerror(-load->shared[i]));
			return -1;
		}
	}
	if (pipe2(load->reports, O_CLOEXEC) < 0) {
		perror("load: pipe");
		return -1;
	}
	for (i = 0; i < load->plan.processes; i++) {
		load->pids[i] = fork();
		if (load->pids[i] < 0) {
			perror("load: fork");
			return -1;
		}
		if (load->pids[i] == 0)
			child(load, i, parent);
	}
	for (i = 0; i < load->plan.shared; i++)
		close(load->shared[i]);
	close(load->reports[1]);
	return 0;
}

static void
add(struct load_count *sum, const struct load_count *part)
{
	sum->sockets += part->sockets;
	sum->ipv6 += part->ipv6;
	sum->listen += part->listen;
	sum->established += part->established;
	sum->udp += part->udp;
	sum->shared += part->shared;
	sum->descriptors += part->descriptors;
}

/* One report fits into a pipe at once, so none is read in pieces. */
static int
gather(const struct load *load, struct load_count *sum)
{
	struct report report;
	unsigned int i;

	for (i = 0; i < load->plan.processes; i++) {
		if (read(load->reports[0], &report, sizeof(report)) !=
		    sizeof(report)) {
			fputs("load: a process ended early\n", stderr);
			return -1;
		}
		if (report.err != 0) {
			fprintf(stderr, "load: %s: %s\n", report.what,
			    strerror(report.err));
			return -1;
		}
		add(sum, &report.count);
	}
	return 0;
}

static void
say_ready(const struct load *load, const struct load_count *sum)
{
	const struct plan *plan = &load->plan;
	unsigned int i;

	/* "rows": pairs of a socket and a process that holds it */
	printf("ready processes=%u sockets=%llu rows=%llu listen=%llu "
	       "established=%llu udp=%llu ipv6=%llu descriptors=%llu",
	    plan->processes, (unsigned long long)sum->sockets + plan->shared,
	    (unsigned long long)(sum->sockets + sum->shared),
	    (unsigned long long)sum->listen + plan->shared,
	    (unsigned long long)sum->established, (unsigned long long)sum->udp,
	    (unsigned long long)sum->ipv6,
	    (unsigned long long)sum->descriptors);
	for (i = 0; plan->churn && i < plan->processes; i++)
		printf("%s%d", i == 0 ? " owners=" : ",", (int)load->pids[i]);
	putchar('\n');
	fflush(stdout);
}

/* Until the input ends; a process that is lost makes the counts wrong. */
static int
wait_for_end(void)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	char dropped[256];

	for (;;) {
		if (poll(&input, 1, LOOK_AGAIN_MS) < 0 && errno != EINTR)
			return -1;
		if (input.revents != 0 &&
		    read(STDIN_FILENO, dropped, sizeof(dropped)) <= 0)
			return 0;
		if (waitpid(-1, NULL, WNOHANG) > 0) {
			fputs("load: a process ended early\n", stderr);
			return -1;
		}
	}
}

static void
end(const struct load *load)
{
	unsigned int i;

	for (i = 0; i < load->plan.processes && load->pids[i] > 0; i++)
		kill(load->pids[i], SIGKILL);
	while (wait(NULL) > 0 || errno == EINTR)
		;
}

int
main(int argc, char **argv)
{
	struct load load;
	struct load_count sum;
	int status = 1;

	memset(&load, 0, sizeof(load));
	memset(&sum, 0, sizeof(sum));
	if (parse(argc, argv, &load.plan) < 0)
		return 2;
	if (check_plan(&load.plan) < 0)
		return 1;
	load.pids = calloc(load.plan.processes, sizeof(*load.pids));
	if (load.pids == NULL) {
		perror("load");
		return 1;
	}
	if (start(&load) == 0 && gather(&load, &sum) == 0) {
		say_ready(&load, &sum);
		status = wait_for_end() < 0;
	}
	end(&load);
	free(load.pids);
	return status;
}
