/// Something that can be measured by name.
struct Benchmark: Sendable {
    let name: String
    let summary: String
    let run: @Sendable (Bench) throws -> [Row]

    static let all: [Benchmark] = [
        async, blocking, batches, large, tls, unix, wire, module, lookup, mailboxes, run, python, start, scale, gateway,
    ]
}
