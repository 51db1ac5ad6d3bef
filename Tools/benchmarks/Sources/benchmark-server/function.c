#include "function.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void bytes_reserve(struct bytes *bytes, size_t more) {
    if (bytes->capacity - bytes->count >= more) return;
    size_t capacity = bytes->capacity ? bytes->capacity : 4096;
    while (capacity - bytes->count < more) capacity *= 2;
    uint8_t *data = realloc(bytes->data, capacity);
    if (!data) {
        fputs("benchmark-server: no memory left\n", stderr);
        exit(1);
    }
    bytes->data = data;
    bytes->capacity = capacity;
}

void bytes_append(struct bytes *bytes, const void *data, size_t count) {
    bytes_reserve(bytes, count);
    memcpy(bytes->data + bytes->count, data, count);
    bytes->count += count;
}

void bytes_append_text(struct bytes *bytes, const char *text) { bytes_append(bytes, text, strlen(text)); }

// A part of a message that has not been read yet (Protocol Buffers, "Encoding").
struct part {
    const uint8_t *next;
    const uint8_t *end;
};

struct field {
    uint32_t number;
    // The content of a field of text, bytes or another message; the number of one of a varint.
    struct part content;
    uint64_t varint;
};

static bool read_varint(struct part *part, uint64_t *value) {
    *value = 0;
    for (int shift = 0; shift < 64 && part->next < part->end; shift += 7) {
        uint8_t byte = *part->next++;
        *value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80) return true;
    }
    return false;
}

static bool skip(struct part *part, uint64_t count) {
    if (count > (uint64_t)(part->end - part->next)) return false;
    part->next += count;
    return true;
}

// Reads the next field; false at the end and where the bytes are no message. `part->next` is `part->end` only at the end.
static bool read_field(struct part *part, struct field *field) {
    uint64_t tag, count;
    if (part->next == part->end || !read_varint(part, &tag)) return false;
    field->number = (uint32_t)(tag >> 3);
    field->content = (struct part){part->next, part->next};
    switch (tag & 7) {
    case 0:
        return read_varint(part, &field->varint);
    case 1:
        return skip(part, 8);
    case 2:
        if (!read_varint(part, &count)) return false;
        field->content.next = part->next;
        if (!skip(part, count)) return false;
        field->content.end = part->next;
        return true;
    case 5:
        return skip(part, 4);
    default:
        return false;
    }
}

static bool find_field(struct part part, uint32_t number, struct field *field) {
    while (read_field(&part, field)) {
        if (field->number == number) return true;
    }
    return false;
}

static size_t count_of(struct part part) { return (size_t)(part.end - part.next); }

static bool is_text(struct part part, const char *text) {
    return count_of(part) == strlen(text) && memcmp(part.next, text, count_of(part)) == 0;
}

static void write_varint(struct bytes *bytes, uint64_t value) {
    uint8_t encoded[10];
    size_t count = 0;
    do {
        encoded[count++] = (uint8_t)((value & 0x7F) | (value > 0x7F ? 0x80 : 0));
        value >>= 7;
    } while (value > 0);
    bytes_append(bytes, encoded, count);
}

static void write_tag(struct bytes *bytes, uint32_t number, uint32_t type) {
    write_varint(bytes, (uint64_t)number << 3 | type);
}

static void write_field(struct bytes *bytes, uint32_t number, const void *data, size_t count) {
    write_tag(bytes, number, 2);
    write_varint(bytes, count);
    bytes_append(bytes, data, count);
}

static void write_text(struct bytes *bytes, uint32_t number, const char *text) {
    write_field(bytes, number, text, strlen(text));
}

static void write_typed_value(struct bytes *bytes, const char *type, const void *data, size_t count) {
    write_text(bytes, 1, type);
    write_tag(bytes, 2, 0);
    write_varint(bytes, 1);
    write_field(bytes, 3, data, count);
}

// FromFunction.invocation_result = 100, FromFunction.incomplete_invocation_context = 101
// How many messages `example/spread` makes of one.
enum { SPREAD = 1000 };

enum { INVOCATION_RESULT = 100, INCOMPLETE_CONTEXT = 101 };

void fixed_function(struct bytes *answer) { write_field(answer, INVOCATION_RESULT, "", 0); }

// What is put together before its length is known. The server has one thread.
static struct bytes result, item, value;

static void ask_for_count(struct bytes *answer) {
    item.count = 0;
    write_text(&item, 1, "count");
    write_text(&item, 3, "io.statefun.types/long");
    result.count = 0;
    write_field(&result, 1, item.data, item.count);
    write_field(answer, INCOMPLETE_CONTEXT, result.data, result.count);
}

static void write_count(uint64_t count) {
    uint8_t encoded[9] = {1 << 3 | 1};
    for (int place = 0; place < 8; place++) encoded[1 + place] = (uint8_t)(count >> (8 * place));
    value.count = 0;
    // The zero of a built-in type takes no bytes.
    write_typed_value(&value, "io.statefun.types/long", encoded, count == 0 ? 0 : 9);
    item.count = 0;
    write_tag(&item, 1, 0);
    write_varint(&item, 1);
    write_text(&item, 2, "count");
    write_field(&item, 3, value.data, value.count);
    write_field(&result, 1, item.data, item.count);
}

static void write_egress(struct part argument) {
    struct field field;
    char record[96];
    char word[33] = "";
    if (find_field(argument, 3, &field)) {
        size_t length = 0;
        for (const uint8_t *next = field.content.next; next < field.content.end && length < 32; next++) {
            // What would have to be escaped in JSON ends the word as a space does.
            if (*next <= ' ' || *next > '~' || *next == '"' || *next == '\\') break;
            word[length++] = (char)*next;
        }
        word[length] = 0;
    }
    int length = snprintf(record, sizeof record, "{\"topic\":\"counts\",\"payload\":\"%s\"}", word);
    value.count = 0;
    write_typed_value(&value, "io.statefun.playground/EgressRecord", record, (size_t)length);
    item.count = 0;
    write_text(&item, 1, "io.statefun.playground");
    write_text(&item, 2, "egress");
    write_field(&item, 3, value.data, value.count);
    write_field(&result, 4, item.data, item.count);
}

// Finds the value of `count` among the states of the request. False where it is not registered yet.
static bool read_count(struct part batch, uint64_t *count) {
    struct field state, field, content;
    *count = 0;
    while (read_field(&batch, &state)) {
        if (state.number != 2) continue;
        if (!find_field(state.content, 1, &field) || !is_text(field.content, "count")) continue;
        // The value of a `long` is one field of 64 bits with the number 1.
        if (find_field(state.content, 2, &field) && find_field(field.content, 3, &content) && count_of(content.content) == 9) {
            for (int place = 0; place < 8; place++) *count |= (uint64_t)content.content.next[1 + place] << (8 * place);
        }
        return true;
    }
    return false;
}

// A thousand messages with the same argument, one for each of as many counters.
static void write_spread(struct part argument) {
    char id[16];
    for (int place = 0; place < SPREAD; place++) {
        int length = snprintf(id, sizeof id, "%d", place);
        value.count = 0;
        write_text(&value, 1, "example");
        write_text(&value, 2, "counter");
        write_field(&value, 3, id, (size_t)length);
        item.count = 0;
        write_field(&item, 1, value.data, value.count);
        write_field(&item, 2, argument.next, count_of(argument));
        write_field(&result, 2, item.data, item.count);
    }
}

static bool spread_function(struct part batch, struct bytes *answer) {
    struct field field, argument;
    result.count = 0;
    while (read_field(&batch, &field)) {
        if (field.number != 3) continue;
        if (!find_field(field.content, 2, &argument)) return false;
        write_spread(argument.content);
    }
    write_field(answer, INVOCATION_RESULT, result.data, result.count);
    return batch.next == batch.end;
}

// Whether the batch is for a function of type `example/NAME`.
static bool is_for(struct part batch, const char *name) {
    struct field target, type;
    return find_field(batch, 1, &target) && find_field(target.content, 2, &type) && is_text(type.content, name);
}

bool counter_function(const uint8_t *request, size_t count, struct bytes *answer) {
    struct part message = {request, request + count};
    struct field batch, field;
    if (!find_field(message, 100, &batch)) return false;
    if (is_for(batch.content, "spread")) return spread_function(batch.content, answer);
    uint64_t counted;
    if (!read_count(batch.content, &counted)) {
        ask_for_count(answer);
        return true;
    }
    result.count = 0;
    struct part rest = batch.content;
    while (read_field(&rest, &field)) {
        if (field.number != 3) continue;
        struct field argument;
        if (!find_field(field.content, 2, &argument)) return false;
        counted++;
        write_egress(argument.content);
    }
    if (rest.next != rest.end) return false;
    write_count(counted);
    write_field(answer, INVOCATION_RESULT, result.data, result.count);
    return true;
}
