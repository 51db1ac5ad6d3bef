// swift-tools-version: 6.2
import PackageDescription

/// Libraries from outside. `Documentation/Dependencies.md` says why each one is here.
enum Outside {
    static let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
    static let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
    static let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
    static let nioLocks: Target.Dependency = .product(name: "NIOConcurrencyHelpers", package: "swift-nio")
    static let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
    static let nioTLS: Target.Dependency = .product(name: "NIOTLS", package: "swift-nio")
    static let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
    static let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
    static let protobuf: Target.Dependency = .product(name: "SwiftProtobuf", package: "swift-protobuf")
    static let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
    static let log: Target.Dependency = .product(name: "Logging", package: "swift-log")
    static let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
    static let grdbSQLite: Target.Dependency = .product(name: "GRDBSQLite", package: "GRDB.swift")
    static let hummingbird: Target.Dependency = .product(name: "HummingbirdCore", package: "hummingbird")
    static let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
}

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// The graph, one line a module: what it imports of this package, and what from outside.
/// `ArchitectureTests` holds the sources against the same table.
let modules: [(name: String, imports: [String], outside: [Target.Dependency])] = [
    ("TransportCore", [], [Outside.nioCore, Outside.log]),
    ("TypeName", [], []),
    ("URLTemplate", ["TransportCore"], []),
    ("SpecParser", ["TransportCore"], [Outside.yams]),
    ("UnixSocket", ["TransportCore"], [Outside.nioCore]),
    (
        "HTTPExchange", ["TransportCore", "CZlib"],
        [Outside.nioCore, Outside.nioPosix, Outside.nioLocks, Outside.nioTLS, Outside.nioSSL, Outside.log]
    ),
    ("PoolManager", ["TransportCore"], [Outside.nioLocks]),
    ("BlockingTransport", ["TransportCore"], [Outside.nioCore, Outside.nioLocks, Outside.log]),
    ("AsyncTransport", ["TransportCore"], [Outside.nioCore, Outside.log]),
    ("Batching", ["TransportCore"], [Outside.nioLocks]),
    ("RequestReply", [], [Outside.protobuf]),
    (
        "HTTPFunctionEndpoint",
        [
            "TransportCore", "TypeName", "URLTemplate", "SpecParser", "UnixSocket", "HTTPExchange", "PoolManager",
            "BlockingTransport", "AsyncTransport", "Batching", "RequestReply",
        ],
        [Outside.nioCore, Outside.nioLocks, Outside.log]
    ),
    ("RuntimeCore", [], []),
    ("SQLiteStateStore", ["RuntimeCore"], [Outside.grdb, Outside.grdbSQLite]),
    (
        "PlaygroundIO", ["TransportCore", "RuntimeCore"],
        [
            Outside.nioCore, Outside.nioPosix, Outside.nioHTTP1, Outside.nioLocks, Outside.httpTypes,
            Outside.hummingbird, Outside.log,
        ]
    ),
    (
        "AdminIO", ["TransportCore", "RuntimeCore"],
        [Outside.nioCore, Outside.nioPosix, Outside.nioLocks, Outside.httpTypes, Outside.hummingbird, Outside.log]
    ),
    (
        "LocalRuntime",
        ["TransportCore", "RuntimeCore", "RequestReply", "HTTPFunctionEndpoint"],
        [Outside.nioCore, Outside.nioPosix, Outside.nioLocks, Outside.log]
    ),
    (
        "Gateway",
        [
            "TransportCore", "RuntimeCore", "TypeName", "URLTemplate", "SpecParser", "UnixSocket", "HTTPExchange", "HTTPFunctionEndpoint",
        ],
        [Outside.nioCore, Outside.nioPosix, Outside.nioLocks, Outside.log]
    ),
]

/// What lies beside the sources of a module without being one.
let besideSources: [String: [String]] = [
    "RequestReply": ["kafka-egress.proto", "request-reply.proto", "types.proto"]
]

func dependencies(_ names: [String]) -> [Target.Dependency] { names.map { .target(name: $0) } }

/// A test suite per module: what it needs beside the module itself.
let suites: [(module: String, imports: [String], outside: [Target.Dependency])] = [
    ("TransportCore", ["TestSupport"], [Outside.nioCore, Outside.nioPosix, Outside.nioEmbedded, Outside.nioLocks, Outside.log]),
    ("TypeName", ["TestSupport"], []),
    ("URLTemplate", ["TransportCore", "TestSupport"], []),
    ("SpecParser", ["ModuleComparison", "TransportCore", "TestSupport"], []),
    ("UnixSocket", ["TransportCore"], [Outside.nioCore]),
    (
        "HTTPExchange", ["TransportCore", "TestSupport"],
        [Outside.nioCore, Outside.nioPosix, Outside.nioEmbedded, Outside.nioLocks, Outside.nioSSL]
    ),
    ("AsyncTransport", ["HTTPExchange", "PoolManager", "TransportCore"], []),
    (
        "BlockingTransport", ["HTTPExchange", "PoolManager", "UnixSocket", "TransportCore", "TestSupport"],
        [Outside.nioCore, Outside.nioLocks]
    ),
    ("PoolManager", ["TransportCore", "TestSupport"], [Outside.nioCore, Outside.nioLocks]),
    ("Batching", ["TransportCore", "TestSupport"], [Outside.nioLocks]),
    ("RequestReply", ["TestSupport"], [Outside.protobuf]),
    (
        "HTTPFunctionEndpoint", ["RequestReply", "SpecParser", "TransportCore", "TypeName", "TestSupport"],
        [Outside.nioCore, Outside.nioLocks, Outside.protobuf]
    ),
    ("RuntimeCore", [], []),
    ("SQLiteStateStore", ["RuntimeCore", "TestSupport"], [Outside.grdb]),
    (
        "PlaygroundIO", ["RuntimeCore", "RequestReply", "TransportCore", "TestSupport"],
        [Outside.nioCore, Outside.nioEmbedded, Outside.nioHTTP1, Outside.nioLocks, Outside.httpTypes]
    ),
    ("AdminIO", ["RuntimeCore", "TestSupport"], [Outside.nioCore]),
    (
        "LocalRuntime", ["HTTPFunctionEndpoint", "RuntimeCore", "RequestReply", "SpecParser", "TransportCore", "TestSupport"],
        [Outside.nioCore, Outside.nioLocks, Outside.protobuf]
    ),
    (
        "Gateway",
        [
            "HTTPExchange", "HTTPFunctionEndpoint", "RequestReply", "RuntimeCore", "SpecParser", "TransportCore", "TypeName", "TestSupport",
        ],
        [Outside.nioCore, Outside.nioPosix, Outside.nioEmbedded, Outside.nioLocks, Outside.protobuf, Outside.log]
    ),
    ("TestSupport", ["TransportCore"], [Outside.nioCore, Outside.nioPosix, Outside.nioLocks, Outside.nioSSL]),
]

/// Needs the compiler to link libFuzzer in, so it is there only where `scripts/fuzz` asks for it.
let fuzzProgram = Target.executableTarget(
    name: "fuzz",
    dependencies: dependencies(["FuzzTargets"]),
    path: "Tools/fuzz",
    swiftSettings: settings
)

let package = Package(
    name: "swift-statefun",
    platforms: [.macOS(.v15)],
    products: modules.map { .library(name: $0.name, targets: [$0.name]) } + [
        .executable(name: "statefun", targets: ["statefun"]),
        .executable(name: "conformance", targets: ["conformance"]),
        .executable(name: "misbehaving-peer", targets: ["misbehaving-peer"]),
        .executable(name: "call-budget", targets: ["call-budget"]),
        .library(name: "ConformanceKit", targets: ["ConformanceKit"]),
        .library(name: "TransportConformance", targets: ["TransportConformance"]),
        // For Tools/benchmarks, a package of its own. It replaces `malloc`: nothing for other programs.
        .library(name: "CMeasuring", targets: ["CMeasuring"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        // Without its default traits: no configuration package, and no more of Foundation than it needs.
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0", traits: []),
    ],
    targets: modules.map {
        .target(
            name: $0.name,
            dependencies: dependencies($0.imports) + $0.outside,
            path: "Modules/\($0.name)",
            exclude: besideSources[$0.name] ?? [],
            swiftSettings: settings
        )
    } + [
        .systemLibrary(name: "CZlib", path: "Modules/CZlib", providers: [.apt(["zlib1g-dev"])]),
        .executableTarget(
            name: "statefun",
            dependencies: dependencies([
                "AdminIO", "Gateway", "HTTPExchange", "HTTPFunctionEndpoint", "LocalRuntime", "PlaygroundIO", "RequestReply",
                "RuntimeCore", "SpecParser", "SQLiteStateStore", "TransportCore", "TypeName", "URLTemplate",
            ])
                + ["CAllocator", Outside.argumentParser, Outside.log, Outside.nioCore, Outside.nioLocks, Outside.nioPosix],
            path: "Tools/statefun",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "example-functions",
            dependencies: dependencies(["RequestReply"]) + [
                Outside.nioCore, Outside.nioPosix, Outside.nioHTTP1, Outside.protobuf, Outside.argumentParser,
            ],
            path: "Tools/example-functions",
            exclude: ["module.yaml"],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "misbehaving-peer",
            dependencies: dependencies(["TestSupport"]) + [Outside.argumentParser],
            path: "Tools/misbehaving-peer",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "conformance",
            dependencies: dependencies(["ConformanceKit", "TransportCore"]) + [Outside.argumentParser],
            path: "Tools/conformance",
            exclude: ["fixtures"],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "call-budget",
            dependencies: dependencies([
                "AsyncTransport", "CMeasuring", "Gateway", "HTTPExchange", "HTTPFunctionEndpoint", "LocalRuntime", "RequestReply",
                "RuntimeCore", "SpecParser", "TransportCore",
            ])
                + [Outside.argumentParser, Outside.nioCore, Outside.nioPosix, Outside.nioLocks, Outside.protobuf, Outside.log],
            path: "Tools/call-budget",
            exclude: ["budgets.txt"],
            swiftSettings: settings
        ),
        .target(name: "CAllocator", path: "Tools/CAllocator"),
        .target(name: "CMeasuring", path: "Tools/CMeasuring", cSettings: [.define("_GNU_SOURCE")]),
        .target(
            name: "ConformanceKit",
            dependencies: dependencies([
                "HTTPFunctionEndpoint", "RequestReply", "SpecParser", "TransportCore", "TypeName", "TestSupport",
            ]) + [Outside.yams],
            path: "Tools/ConformanceKit",
            swiftSettings: settings
        ),
        .target(
            name: "TransportConformance",
            dependencies: dependencies(["TransportCore", "TestSupport"]) + [Outside.nioCore, Outside.nioLocks],
            path: "Tools/TransportConformance",
            swiftSettings: settings
        ),
        .target(
            name: "TestSupport",
            dependencies: dependencies(["TransportCore", "HTTPExchange", "CZlib"])
                + [Outside.nioCore, Outside.nioPosix, Outside.nioLocks, Outside.nioTLS, Outside.nioSSL, Outside.log],
            path: "Tests/Support",
            exclude: ["functions"],
            swiftSettings: settings
        ),
    ]
        + suites.map {
            .testTarget(
                name: "\($0.module)Tests",
                dependencies: dependencies([$0.module] + $0.imports) + $0.outside,
                path: "Tests/\($0.module)Tests",
                swiftSettings: settings
            )
        }
        + (Context.environment["STATEFUN_FUZZ"] == nil ? [] : [fuzzProgram])
        + [
            .target(
                name: "ModuleComparison",
                dependencies: dependencies(["SpecParser", "TransportCore"]),
                path: "Tests/ModuleComparison",
                swiftSettings: settings
            ),
            .target(
                name: "FuzzTargets",
                dependencies: dependencies([
                    "Gateway", "HTTPExchange", "HTTPFunctionEndpoint", "ModuleComparison", "RequestReply", "SpecParser", "TransportCore",
                    "TypeName",
                    "UnixSocket", "URLTemplate",
                ]) + [Outside.nioCore, Outside.protobuf],
                path: "Tests/FuzzTargets",
                exclude: ["Corpus", "Dictionaries"],
                swiftSettings: settings
            ),
            .testTarget(
                name: "FuzzTargetsTests",
                dependencies: dependencies(["FuzzTargets", "TestSupport"]),
                path: "Tests/FuzzTargetsTests",
                swiftSettings: settings
            ),
            .testTarget(
                name: "TransportTests",
                dependencies: dependencies([
                    "AsyncTransport", "BlockingTransport", "HTTPExchange", "PoolManager", "UnixSocket", "TransportCore", "TestSupport",
                ]) + [Outside.nioCore, Outside.nioLocks],
                path: "Tests/TransportTests",
                swiftSettings: settings
            ),
            .testTarget(
                name: "StatefunCommandTests",
                // Depending on the program has it built before the tests that run it.
                dependencies: dependencies([
                    "statefun", "CAllocator", "HTTPFunctionEndpoint", "LocalRuntime", "PlaygroundIO", "RequestReply", "RuntimeCore",
                    "SQLiteStateStore", "SpecParser", "TestSupport", "TransportCore",
                ]),
                path: "Tests/StatefunCommandTests",
                swiftSettings: settings
            ),
            .testTarget(
                name: "StatefunRunTests",
                dependencies: dependencies(["statefun", "TestSupport", "TransportCore"]) + [Outside.nioLocks],
                path: "Tests/StatefunRunTests",
                swiftSettings: settings
            ),
            .testTarget(
                name: "StatefunGatewayTests",
                dependencies: dependencies(["statefun", "RequestReply", "TestSupport", "TransportCore"]) + [Outside.nioLocks],
                path: "Tests/StatefunGatewayTests",
                swiftSettings: settings
            ),
            .testTarget(
                name: "ExampleFunctionsTests",
                dependencies: dependencies(["example-functions", "RequestReply", "TransportCore", "TestSupport"]) + [Outside.protobuf],
                path: "Tests/ExampleFunctionsTests",
                swiftSettings: settings
            ),
            .testTarget(
                name: "MisbehavingPeerTests",
                dependencies: dependencies(["misbehaving-peer", "TestSupport"]),
                path: "Tests/MisbehavingPeerTests",
                swiftSettings: settings
            ),
            .testTarget(
                name: "CallBudgetTests",
                dependencies: dependencies(["call-budget", "TestSupport"]),
                path: "Tests/CallBudgetTests",
                swiftSettings: settings
            ),
            .testTarget(
                name: "ConformanceTests",
                dependencies: dependencies(["ConformanceKit", "AsyncTransport", "HTTPFunctionEndpoint", "TransportCore", "TestSupport"])
                    + [Outside.nioCore],
                path: "Tests/ConformanceTests",
                swiftSettings: settings
            ),
            .testTarget(
                name: "TransportConformanceTests",
                dependencies: dependencies([
                    "AsyncTransport", "DocumentationExamples", "HTTPFunctionEndpoint", "TransportConformance", "TransportCore",
                ])
                    + [Outside.nioCore],
                path: "Tests/TransportConformanceTests",
                swiftSettings: settings
            ),
            .executableTarget(
                name: "SmallestProgram",
                dependencies: dependencies(["HTTPFunctionEndpoint", "RequestReply"]),
                path: "Tests/DocumentationExamples/SmallestProgram",
                swiftSettings: settings
            ),
            .target(
                name: "DocumentationExamples",
                dependencies: dependencies(modules.map(\.name) + ["ConformanceKit", "TransportConformance"])
                    + [Outside.nioCore, Outside.nioLocks, Outside.protobuf, Outside.log],
                path: "Tests/DocumentationExamples",
                exclude: ["SmallestProgram", "custom-transport.yaml"],
                swiftSettings: settings
            ),
            .testTarget(
                name: "DocumentationExamplesTests",
                dependencies: dependencies([
                    "DocumentationExamples", "SmallestProgram", "Batching", "ConformanceKit", "RequestReply", "TransportCore",
                    "TestSupport",
                ]) + [Outside.nioCore],
                path: "Tests/DocumentationExamplesTests",
                swiftSettings: settings
            ),
            .testTarget(
                name: "ArchitectureTests",
                dependencies: dependencies(["TestSupport"]),
                path: "Tests/ArchitectureTests",
                swiftSettings: settings
            ),
        ]
)
