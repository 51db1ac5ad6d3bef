import ArgumentParser
import RequestReply
import TransportCore

/// The value to send, by one of several options.
struct ArgumentValue: ParsableArguments {
    @Option(
        name: .customLong("type"),
        help: ArgumentHelp("The typename of the value, for --json and --file.", discussion: "Such as example/GreetRequest.")
    )
    var typename: String?

    @Option(help: ArgumentHelp("JSON, sent as it is written.", valueName: "text"))
    var json: String?

    @Option(help: ArgumentHelp("The bytes of a file; - for standard input.", valueName: "file"), completion: .file())
    var file: String?

    @Option(help: ArgumentHelp("A value of type io.statefun.types/string.", valueName: "text"))
    var string: String?

    @Option(help: ArgumentHelp("A value of type io.statefun.types/int.", valueName: "number"))
    var int: String?

    @Option(help: ArgumentHelp("A value of type io.statefun.types/long.", valueName: "number"))
    var long: String?

    @Option(help: ArgumentHelp("A value of type io.statefun.types/float.", valueName: "number"))
    var float: String?

    @Option(help: ArgumentHelp("A value of type io.statefun.types/double.", valueName: "number"))
    var double: String?

    @Option(help: ArgumentHelp("A value of type io.statefun.types/bool.", valueName: "true|false"))
    var bool: String?

    private var builtIn: [(type: BuiltInType, text: String)] {
        let all: [(BuiltInType, String?)] = [
            (.string, string), (.int, int), (.long, long), (.float, float), (.double, double), (.bool, bool),
        ]
        return all.compactMap { type, text in text.map { (type, $0) } }
    }

    func validate() throws {
        let count = builtIn.count + (json == nil ? 0 : 1) + (file == nil ? 0 : 1)
        guard count == 1 else {
            throw ValidationError(
                count == 0
                    ? "Say what to send: --json, --file, --string, --int, --long, --float, --double or --bool."
                    : "Send one value: only one of --json, --file, --string, --int, --long, --float, --double and --bool."
            )
        }
        if json != nil || file != nil {
            guard let typename, !typename.isEmpty else {
                throw ValidationError("Say with --type which type the value has, such as --type example/GreetRequest.")
            }
        } else if typename != nil {
            throw ValidationError("--type goes with --json or --file; the other options say their type themselves.")
        }
        if json != nil, let typename, let type = BuiltInType(typename: typename) {
            throw ValidationError("A value of type \(typename) is not sent as JSON; write --\(type.rawValue).")
        }
        if file == nil { _ = try value() }
    }

    /// Reads the value.
    func value() throws -> FunctionValue {
        do {
            if let (type, text) = builtIn.first {
                return try FunctionValue(parsing: text, as: type)
            }
            if let json {
                return try FunctionValue(json: json, typename: typename ?? "")
            }
            return try FunctionValue(typename: typename ?? "", bytes: try bytes())
        } catch let error as FunctionValueError {
            throw ValidationError(error.description)
        }
    }

    private func bytes() throws -> [UInt8] {
        let path = file == "-" ? "/dev/stdin" : file ?? ""
        do throws(FileBytes.Problem) {
            return try FileBytes.read(path, atMost: Int(Int32.max))
        } catch {
            Terminal.standardError.write("\(file ?? ""): error: the file cannot be read: \(error)\n")
            throw ExitCode.failure
        }
    }
}
