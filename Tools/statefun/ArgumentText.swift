import ArgumentParser
import RequestReply
import TypeName

/// Reads arguments of the command line; what is wrong with one is said in full.
enum ArgumentText {
    static func typeName(_ text: String) throws -> TypeName {
        do throws(TypeNameError) {
            return try TypeName(parsing: text)
        } catch {
            throw ValidationError(error.description)
        }
    }

    static func address(_ text: String) throws -> Address {
        do throws(TypeNameError) {
            return try Address(parsing: text)
        } catch {
            throw ValidationError(error.description)
        }
    }

    static func state(_ text: String) throws -> StateValue {
        do throws(FunctionValueError) {
            return try StateValue(text: text)
        } catch {
            throw ValidationError(error.description)
        }
    }
}
