/// What a module may import.
struct ModuleRule: Equatable, Sendable {
    let name: String
    /// Modules of this package.
    let package: [String]
    /// Modules of other packages.
    let outside: [String]
    /// Modules that come with the compiler or the system.
    let toolchain: [String]

    init(_ name: String, package: [String] = [], outside: [String] = [], toolchain: [String] = []) {
        self.name = name
        self.package = package
        self.outside = outside
        self.toolchain = toolchain
    }

    private static let cLibrary = ["Darwin", "Glibc", "Musl"]
    private static let foundation = ["Foundation", "FoundationEssentials"]

    /// What the modules of the calling side, and those of the running side, meet through.
    static let hubs = ["TransportCore", "RuntimeCore"]

    /// The modules that wire others together, and therefore know them.
    static let assemblies = ["HTTPFunctionEndpoint", "LocalRuntime", "Gateway"]

    /// The modules that Package.swift declares as system libraries: folders without Swift sources.
    static let systemLibraries = ["CZlib"]

    /// Every module of this package. The two hubs are imported by all others, which do not know each other.
    static let all: [ModuleRule] = [
        ModuleRule("TransportCore", outside: ["NIOCore", "Logging"], toolchain: cLibrary + ["Synchronization"]),
        ModuleRule("TypeName"),
        ModuleRule("URLTemplate", package: ["TransportCore"]),
        ModuleRule("SpecParser", package: ["TransportCore"], outside: ["Yams"]),
        ModuleRule("UnixSocket", package: ["TransportCore"], outside: ["NIOCore"], toolchain: cLibrary),
        ModuleRule(
            "HTTPExchange",
            package: ["TransportCore", "CZlib"],
            outside: ["NIOCore", "NIOPosix", "NIOConcurrencyHelpers", "NIOTLS", "NIOSSL", "Logging"],
            toolchain: cLibrary
        ),
        ModuleRule("PoolManager", package: ["TransportCore"], outside: ["NIOConcurrencyHelpers"]),
        ModuleRule(
            "BlockingTransport",
            package: ["TransportCore"],
            outside: ["NIOCore", "NIOConcurrencyHelpers", "Logging"],
            toolchain: cLibrary + ["Dispatch", "Synchronization"]
        ),
        ModuleRule("AsyncTransport", package: ["TransportCore"], outside: ["NIOCore", "Logging"]),
        ModuleRule("Batching", package: ["TransportCore"], outside: ["NIOConcurrencyHelpers"]),
        ModuleRule("RequestReply", outside: ["SwiftProtobuf"], toolchain: foundation),
        ModuleRule(
            "HTTPFunctionEndpoint",
            package: [
                "TransportCore", "TypeName", "URLTemplate", "SpecParser", "UnixSocket", "HTTPExchange", "PoolManager",
                "BlockingTransport", "AsyncTransport", "Batching", "RequestReply",
            ],
            outside: ["NIOCore", "NIOConcurrencyHelpers", "Logging"],
            toolchain: foundation
        ),
        ModuleRule("RuntimeCore", toolchain: cLibrary + ["Synchronization"]),
        ModuleRule(
            "SQLiteStateStore",
            package: ["RuntimeCore"],
            outside: ["GRDB", "GRDBSQLite"],
            toolchain: cLibrary + ["Synchronization"]
        ),
        ModuleRule(
            "PlaygroundIO",
            package: ["TransportCore", "RuntimeCore"],
            outside: [
                "NIOCore", "NIOPosix", "NIOHTTP1", "NIOConcurrencyHelpers", "HTTPTypes", "HummingbirdCore", "Logging",
            ],
            toolchain: cLibrary
        ),
        ModuleRule(
            "AdminIO",
            package: ["TransportCore", "RuntimeCore"],
            outside: ["NIOCore", "NIOPosix", "NIOConcurrencyHelpers", "HTTPTypes", "HummingbirdCore", "Logging"],
            toolchain: cLibrary
        ),
        ModuleRule(
            "LocalRuntime",
            package: ["TransportCore", "RuntimeCore", "RequestReply", "HTTPFunctionEndpoint"],
            outside: ["NIOCore", "NIOPosix", "NIOConcurrencyHelpers", "Logging"],
            toolchain: foundation + cLibrary + ["Synchronization"]
        ),
        ModuleRule(
            "Gateway",
            package: [
                "TransportCore", "RuntimeCore", "TypeName", "URLTemplate", "SpecParser", "UnixSocket", "HTTPExchange",
                "HTTPFunctionEndpoint",
            ],
            outside: ["NIOCore", "NIOPosix", "NIOConcurrencyHelpers", "Logging"],
            toolchain: cLibrary
        ),
    ]

    /// What is wrong with the imports of a source file of this module.
    func violations(in source: String) -> [String] {
        let allowed = Set(package + outside + toolchain)
        return ImportStatement.all(in: source).flatMap { statement -> [String] in
            var found: [String] = []
            if !allowed.contains(statement.module) {
                found.append("line \(statement.line): \(name) may not import \(statement.module)")
            }
            if statement.access == nil {
                found.append("line \(statement.line): the import of \(statement.module) states no access level")
            }
            // Whoever re-exports a module, or looks into one, connects to it by more than its contract.
            for attribute in statement.attributes where attribute != "preconcurrency" {
                found.append("line \(statement.line): the import of \(statement.module) is marked @\(attribute)")
            }
            return found
        }
    }
}
