import HTTPFunctionEndpoint
import NIOCore
import RequestReply
import SwiftProtobuf
import TransportCore

/// Uses the transport of `CustomTransport.swift`. What stands between `begin` and `end` is the text of its page.
enum CustomTransportExample {
    static func use(path: String) async throws {
        // begin use
        let loopback = LoopbackTransport { bytes in
            let batch = try WireToFunction(serializedBytes: Array(bytes.readableBytesView))
            var egress = WireFromFunction.EgressMessage()
            egress.egressNamespace = "com.example"
            egress.egressType = "greetings"
            egress.argument = batch.invocation.invocations[0].argument
            var answer = WireFromFunction()
            answer.invocationResult.outgoingEgresses = [egress]
            return ByteBuffer(bytes: try answer.serializedBytes() as [UInt8])
        }
        let transports = StandardTransports()
        var registry = transports.registry
        registry.add(loopback)

        let module = try FunctionModule(contentsOf: path, options: .init(), transports: registry, connector: transports.connector)
        guard !module.hasErrors else { throw FunctionModuleError(module: module) }

        let functions = FunctionEndpoints(module, transports: registry)
        let outcome = try await functions.invoke("com.example/greeter", id: "Bob", .string("hello"))
        for message in outcome.result.egresses {
            print(message.egress, message.argument.rendered)  // com.example/greetings "hello"
        }
        await functions.shutdown()
        // end use
    }

    static func inspection(of properties: TransportProperties) -> TransportInspection {
        LoopbackTransport { $0 }.inspect(properties)
    }
}

// begin inspect
extension LoopbackTransport {
    func inspect(_ properties: TransportProperties) -> TransportInspection {
        do throws(SpecDiagnostic) {
            let limit = try properties.decode(Options.self).payload_max_bytes
            let line = properties.node.entry("payload_max_bytes").map { SettingSource.line(file: properties.file, $0.keyPosition) }
            return TransportInspection(options: [EffectiveOption("payload_max_bytes", "\(limit)", from: line ?? .byDefault)])
        } catch {
            return TransportInspection(problems: [error])
        }
    }
}
// end inspect
