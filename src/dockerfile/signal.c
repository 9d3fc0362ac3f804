/* SPDX-License-Identifier: Apache-2.0 */
#include "dockerfile/signal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lbench/mem.h"

static const char *const names[] = {
	"ABRT", "ALRM",   "BUS",  "CHLD", "CLD",  "CONT",   "FPE",    "HUP",  "ILL",  "INT",   "IO",    "IOT",  "KILL",
	"PIPE", "POLL",   "PROF", "PWR",  "QUIT", "SEGV",   "STKFLT", "STOP", "SYS",  "TERM",  "TRAP",  "TSTP", "TTIN",
	"TTOU", "UNUSED", "URG",  "USR1", "USR2", "VTALRM", "WINCH",  "XCPU", "XFSZ", "RTMIN", "RTMAX",
};

/* RTMIN+1 to RTMIN+15, RTMAX-14 to RTMAX-1 */
static bool is_real_time(const char *text)
{
	bool up = strncasecmp(text, "RTMIN+", 6) == 0;
	if (!up && strncasecmp(text, "RTMAX-", 6) != 0)
		return false;
	char *end;
	unsigned long n = strtoul(text + 6, &end, 10);
	bool plain = text[6] >= '1' && text[6] <= '9';
	return plain && *end == '\0' && n <= (up ? 15u : 14u);
}

bool lb_signal_known(const char *text)
{
	size_t digits = strspn(text + (*text == '-' || *text == '+'), "0123456789");
	const char *number = text + (*text == '-' || *text == '+');
	if (digits > 0 && number[digits] == '\0')
		return strspn(number, "0") != digits && digits < 10;
	if (strncasecmp(text, "SIG", 3) == 0)
		text += 3;
	for (size_t i = 0; i < LB_COUNT(names); i++)
		if (strcasecmp(names[i], text) == 0)
			return true;
	return is_real_time(text);
}
