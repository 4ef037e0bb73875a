#!/bin/sh
# Before anything is made: is there something that Azure would refuse, or that would go wrong later?
# In: azd's environment. Ends with 1, a reason and what to do; warns where a person has to judge.
set -eu

say() { echo "Pull Medic: $*" >&2; }

if ! command -v az >/dev/null 2>&1 || ! az account show --only-show-errors >/dev/null 2>&1; then
    say "the Azure CLI is not here or not signed in, so region, event topics and other deployments are not checked beforehand."
    exit 0
fi

if [ "${HOSTING_PLAN:-FlexConsumption}" = FlexConsumption ] && regions=$(az functionapp list-flexconsumption-locations --query '[].name' --output tsv --only-show-errors | tr -d ' \r' | tr '[:upper:]' '[:lower:]') && [ -n "$regions" ]; then
    if ! echo "$regions" | grep -qx "$AZURE_LOCATION"; then
        say "$AZURE_LOCATION has no Flex Consumption. The service may run in another region than what it looks after."
        say "Choose one of $(echo "$regions" | tr '\n' ' '): azd env set AZURE_LOCATION …"
        say "Or pay for one instance by the hour: azd env set HOSTING_PLAN Dedicated"
        exit 1
    fi
fi

# Azure allows one system topic for the changes of a subscription.
wrong=0
for subscription in $(echo "${WATCHED_SUBSCRIPTIONS:-$AZURE_SUBSCRIPTION_ID}" | tr ',' ' '); do
    topics=$(az eventgrid system-topic list --subscription "$subscription" --only-show-errors --output tsv \
        --query "[?topicType=='Microsoft.Resources.Subscriptions' && tags.\"azd-env-name\"!='$AZURE_ENV_NAME'].id") || {
        say "the event topics of subscription $subscription cannot be read; if it has one for its changes already, name it in EVENT_TOPICS."
        continue
    }
    for topic in $topics; do
        case ",$(echo "${EVENT_TOPICS:-}" | tr -d ' ')," in
            *",$topic,"*) ;;
            *)
                say "subscription $subscription has a topic for its changes already, and Azure allows no second one. Share it:"
                say "  az eventgrid system-topic update --subscription $subscription --resource-group $(echo "$topic" | cut -d/ -f5) --name $(echo "$topic" | cut -d/ -f9) --identity systemassigned"
                say "  azd env set EVENT_TOPICS ${EVENT_TOPICS:+$EVENT_TOPICS,}$topic"
                wrong=1
                ;;
        esac
    done
done
[ "$wrong" = 0 ] || exit 1

# Azure refuses a role for one action that its cloud does not know; such are left out.
actions=$(cat infra/roles/*.json | grep -o '"Microsoft\.[^"]*"' | tr -d '"' | tr '[:upper:]' '[:lower:]' | sort -u)
unknown=
for provider in $(echo "$actions" | cut -d/ -f1 | sort -u); do
    known=$(az provider operation show --namespace "$provider" --only-show-errors --output tsv \
        --query '[operations[].name, resourceTypes[].operations[].name][]' | tr -d '\r' | tr '[:upper:]' '[:lower:]') && [ -n "$known" ] || {
        say "the actions of $provider cannot be listed; if Azure calls one of them unknown, name it in UNKNOWN_ACTIONS."
        continue
    }
    for action in $(echo "$actions" | grep "^$provider/"); do
        echo "$known" | grep -qxF "$action" || unknown="${unknown:+$unknown,}$action"
    done
done
if [ "$unknown" != "${UNKNOWN_ACTIONS:-}" ]; then
    [ -z "$unknown" ] || say "this cloud does not know $unknown; the roles go without, and what depends on it stays undetermined."
    azd env set UNKNOWN_ACTIONS "$unknown"
fi

others=$(az resource list --resource-type Microsoft.Web/sites --tag azd-service-name=medic --only-show-errors --output tsv \
    --query "[?tags.\"azd-env-name\"!='$AZURE_ENV_NAME'].name") || others=
if [ -n "$others" ]; then
    say "there is another Pull Medic in this subscription: $(echo "$others" | tr '\n' ' ')."
    say "They do not know of each other: each counts its own limits. Give them different scopes in their policies (scope.include), or remove one."
fi
