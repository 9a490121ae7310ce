/* LD_PRELOAD shim: samba has no option for its LDAP ports, and tells LDAP from LDAPS and the
 * global catalog by the local port of the connection.  PORTMAP="389:10389,636:10636,..."
 * moves ports in bind(), and shows the original ones in getsockname().
 * Build: cc -shared -fPIC -O2 -o portmap.so portmap.c -ldl */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static in_port_t mapped(in_port_t net, int back)
{
	unsigned long port = ntohs(net);
	const char *p = getenv("PORTMAP");

	while (p && *p) {
		char *end;
		unsigned long from = strtoul(p, &end, 10), to;

		if (*end != ':')
			break;
		to = strtoul(end + 1, &end, 10);
		if ((back ? to : from) == port)
			return htons((unsigned short)(back ? from : to));
		p = (*end == ',') ? end + 1 : NULL;
	}
	return net;
}

int bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	static int (*next)(int, const struct sockaddr *, socklen_t);
	struct sockaddr_in in;

	if (!next)
		next = (int (*)(int, const struct sockaddr *, socklen_t))dlsym(RTLD_NEXT, "bind");
	if (addr && len == sizeof(in) && addr->sa_family == AF_INET) {
		memcpy(&in, addr, sizeof(in));
		in.sin_port = mapped(in.sin_port, 0);
		return next(fd, (const struct sockaddr *)&in, sizeof(in));
	}
	return next(fd, addr, len);
}

int getsockname(int fd, struct sockaddr *addr, socklen_t *len)
{
	static int (*next)(int, struct sockaddr *, socklen_t *);
	int rc;

	if (!next)
		next = (int (*)(int, struct sockaddr *, socklen_t *))dlsym(RTLD_NEXT, "getsockname");
	rc = next(fd, addr, len);
	if (rc == 0 && addr && *len >= sizeof(struct sockaddr_in) && addr->sa_family == AF_INET) {
		struct sockaddr_in *in = (struct sockaddr_in *)addr;

		in->sin_port = mapped(in->sin_port, 1);
	}
	return rc;
}
