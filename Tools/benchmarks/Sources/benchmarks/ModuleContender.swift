import CMeasuring
import HTTPFunctionEndpoint
import SpecParser
import TransportCore
import TypeName
import URLTemplate

/// Reads and checks a module file with many endpoints.
struct ModuleContender: Measured {
    private let text: [UInt8]
    private let residentBefore: UInt64
    private let transports = StandardTransports()

    init(endpoints: Int) {
        text = Self.text(endpoints: endpoints)
        residentBefore = measuring_resident()
    }

    func window(_ seconds: Double) async throws -> Figures {
        let begin = ContinuousClock.now
        let module = Self.module(text, transports)
        let milliseconds = begin.duration(to: .now) / .milliseconds(1)
        guard !module.hasErrors else { throw BenchmarkFailure("the module has errors: \(module.diagnostics.prefix(3))") }
        let peak = measuring_peak_resident()
        return [
            .milliseconds: milliseconds,
            .peakMemory: Double(peak) / 1_000_000,
            .ofFile: Double(peak - min(peak, residentBefore)) / Double(text.count),
        ]
    }

    private static func module(_ text: [UInt8], _ transports: StandardTransports) -> FunctionModule {
        FunctionModule(
            ModuleText(file: "module.yaml", bytes: text),
            options: .init(),
            transports: transports.registry,
            connector: transports.connector
        )
    }

    /// A file as a program writes it: each endpoint with a function of its own and some options.
    static func text(endpoints: Int) -> [UInt8] {
        var text: [UInt8] = []
        for number in 0..<endpoints {
            text +=
                """
                kind: io.statefun.endpoints.v2/http
                spec:
                  functions: com.example.group\(number / 100)/function\(number)
                  urlPathTemplate: http://host\(number % 50).example.com:8000/{function.name}
                  maxNumBatchRequests: 500
                  transport:
                    type: io.statefun.transports.v1/async
                    call: 2 min
                ---

                """.utf8
        }
        return text
    }

    /// Names of functions that ``text(endpoints:)`` has endpoints for, in no order that memory could be read ahead in.
    private static func names(_ count: Int, of endpoints: Int) throws -> [TypeName] {
        try (0..<count).map { place in
            let number = place * 7_919 % endpoints
            return try TypeName(namespace: "com.example.group\(number / 100)", name: "function\(number)")
        }
    }

    /// Finds the endpoint and the URL of functions, with everything that a person may want to know about them.
    static func lookup(endpoints: Int) throws -> RepeatedWork {
        let module = module(text(endpoints: endpoints), StandardTransports())
        let names = try names(endpoints, of: endpoints)
        return RepeatedWork(count: names.count) {
            try names.reduce(0) { $0 &+ (try module.resolve($1).url.port) }
        }
    }

    /// The same without what only a person wants to know.
    /// - Parameter functions: how many different functions are looked up again and again.
    static func tableLookup(endpoints: Int, functions: Int) throws -> RepeatedWork {
        var table = EndpointTable<URLPathTemplate>()
        // Each once, as a module file is read.
        let templates = try (0..<50).map { try URLPathTemplate(specText: "http://host\($0).example.com:8000/{function.name}") }
        for number in 0..<endpoints {
            let name = try TypeName(namespace: "com.example.group\(number / 100)", name: "function\(number)")
            try table.add(TargetFunctions(exactly: name), templates[number % templates.count])
        }
        let names = try names(functions, of: endpoints)
        let whole = table
        return RepeatedWork(count: names.count) {
            try names.reduce(0) { $0 &+ (try whole.endpoint(of: $1)?.resolve(functionName: $1.name).port ?? .min) }
        }
    }
}
