/* main.c -- the faulty server as a program: prints its port, and a line per
 * fault, "NUMBER ERROR STATUS NAME", what a client should see; then serves
 * until it is ended. */
#include <stdio.h>
#include <unistd.h>

#include "faulty.h"

int main(void)
{
    int port = faulty_start();
    if (port < 0) {
        perror("faulty");
        return 1;
    }
    for (size_t i = 0; i < n_faults; i++)
        printf("%zu %d %d %s\n", i, (int)faults[i].error, faults[i].status,
               faults[i].name);
    printf("port %d\n", port);
    fflush(stdout);
    for (;;)
        pause();
}
