#include "answer.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum answer_state answer_find(const char *bytes, size_t count, struct answer *answer) {
    static const char version[] = "HTTP/1.1 ";
    static const char length_name[] = "\r\ncontent-length:";
    const char *end = memmem(bytes, count, "\r\n\r\n", 4);
    if (!end) return count > 64 * 1024 ? ANSWER_BROKEN : ANSWER_INCOMPLETE;
    if (strncmp(bytes, version, sizeof version - 1) != 0) return ANSWER_BROKEN;
    answer->status = atoi(bytes + sizeof version - 1);
    answer->body_count = 0;
    for (const char *line = bytes; line < end; line++) {
        line = memchr(line, '\r', (size_t)(end - line + 1));
        if (!line || line == end) break;
        if (strncasecmp(line, length_name, sizeof length_name - 1) == 0) {
            answer->body_count = (size_t)strtoull(line + sizeof length_name - 1, NULL, 10);
        }
    }
    answer->body = end + 4;
    answer->count = (size_t)(end - bytes) + 4 + answer->body_count;
    return answer->count <= count ? ANSWER_COMPLETE : ANSWER_INCOMPLETE;
}
