/// The benchmarks of what needs no server.
extension Benchmark {
    static let wire = Benchmark(name: "wire", summary: "encoding and decoding batches of 1000 invocations") { bench in
        try values(
            "wire",
            "1000 invocations of 100 bytes",
            ["encoding", "decoding", "decoding, with values", "encoding by swift-protobuf", "decoding by swift-protobuf"],
            bench
        )
    }

    static let module = Benchmark(name: "module", summary: "reading and checking a module.yaml with 10000 endpoints") { bench in
        try values("module", "10000 endpoints", ["FunctionModule"], bench)
    }

    static let lookup = Benchmark(name: "lookup", summary: "finding the URL of a function among 100000 targets") { bench in
        try values("lookup", "100000 targets", ["EndpointTable", "EndpointTable, 1024 of them", "FunctionModule.resolve"], bench)
    }

    static let mailboxes = Benchmark(name: "mailboxes", summary: "a million addresses, each with one invocation") { bench in
        // One round takes seconds, whatever the window is.
        try values("mailboxes", "1000000 addresses", ["Mailboxes"], bench, rounds: 1)
    }

    private static func values(_ name: String, _ setup: String, _ contenders: [String], _ bench: Bench, rounds: Int? = nil) throws -> [Row]
    {
        try bench.rows(name, setup, try contenders.map { try ChildContender("\(name) \($0)", name: $0, "") }, rounds: rounds)
    }

    /// What ``ContenderCommand`` measures by those names; `nil` for others.
    static func valueContender(_ name: String) throws -> (any Measured)? {
        switch name {
        case "wire encoding": WireContender.encoding()
        case "wire decoding": try WireContender.decoding()
        case "wire decoding, with values": try WireContender.decodingValues()
        case "wire encoding by swift-protobuf": try WireContender.plainEncoding()
        case "wire decoding by swift-protobuf": try WireContender.plainDecoding()
        case "module FunctionModule": ModuleContender(endpoints: 10_000)
        case "lookup EndpointTable": try ModuleContender.tableLookup(endpoints: 100_000, functions: 100_000)
        case "lookup EndpointTable, 1024 of them": try ModuleContender.tableLookup(endpoints: 100_000, functions: 1_024)
        case "lookup FunctionModule.resolve": try ModuleContender.lookup(endpoints: 100_000)
        case "mailboxes Mailboxes": MailboxContender(addresses: 1_000_000)
        default: nil
        }
    }
}
