// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// A module of the package that is measured.
func statefun(_ product: String) -> Target.Dependency { .product(name: product, package: "swift-statefun") }

let package = Package(
    name: "benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "swift-statefun", path: "../.."),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    ],
    targets: [
        .executableTarget(
            name: "benchmarks",
            dependencies: [
                statefun("AsyncTransport"),
                statefun("Batching"),
                statefun("BlockingTransport"),
                statefun("HTTPExchange"),
                statefun("HTTPFunctionEndpoint"),
                statefun("PoolManager"),
                statefun("RequestReply"),
                statefun("RuntimeCore"),
                statefun("SQLiteStateStore"),
                statefun("SpecParser"),
                statefun("TransportCore"),
                statefun("TypeName"),
                statefun("URLTemplate"),
                statefun("UnixSocket"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
                statefun("CMeasuring"),
                // What it starts: one build makes all of it, which keeps both cores of a small machine busy.
                statefun("statefun"),
                "benchmark-child",
                "benchmark-server",
                "benchmark-loader",
                "benchmark-poster",
            ],
            swiftSettings: settings
        ),
        .executableTarget(name: "benchmark-child", cSettings: [.define("_GNU_SOURCE")]),
        .executableTarget(
            name: "benchmark-server",
            cSettings: [.define("_GNU_SOURCE")],
            linkerSettings: [.linkedLibrary("ssl"), .linkedLibrary("crypto")]
        ),
        .executableTarget(
            name: "benchmark-loader",
            dependencies: ["CLoading", statefun("CMeasuring")],
            cSettings: [.define("_GNU_SOURCE")]
        ),
        .executableTarget(
            name: "benchmark-poster",
            dependencies: ["CLoading", statefun("CMeasuring")],
            cSettings: [.define("_GNU_SOURCE")]
        ),
        .target(name: "CLoading", cSettings: [.define("_GNU_SOURCE")]),
    ],
    cLanguageStandard: .gnu11
)
