/** English verbs as they stand in an order. What somebody can be told to do is told by this list, not by what it is done to. */
const list = `
abandon abolish abort absorb abuse accelerate accept access accompany accuse ache achieve acknowledge acquire act activate adapt add address
adhere adjust administer admire admit adopt adore advance advertise advise affirm age agree aid aim airlift alarm alert align allege allocate
allot allow alter amass ambush amend amplify amputate analyse analyze animate annotate announce annoy anonymise anonymize answer anticipate
apologise apologize appeal append applaud apply appoint appraise appreciate approach appropriate approve arbitrate archive argue arm arrange
arrest arrive articulate ascend ascribe ask assail assassinate assault assemble assert assess assign assist assume assure attach attack attempt
attend attract attribute auction audit augment author authorise authorize automate avenge average avert avoid await award axe
back backdate backfill bait bake balance ban bandage banish bank bar bargain bark barter base bash batch bathe batter battle beam bear beat become
befriend beg begin behave belittle believe belong bend benefit bestow bet betray bicycle bid bill billet bind bite blacklist blackmail blame
blank blanket blast bleach bleed blend bless blink block bloat blow bluff blur board boast boil bolster bolt bomb book boost boot borrow bother
bounce bow box boycott brag brainstorm brand bray break breed brew bribe bridge brief brighten bring broadcast broaden browse bruise brush buckle
budget buff build bully bump bundle burn burnish burrow burst bury butter buy buzz bypass
cache calculate calibrate call calm camouflage campaign cancel cap capitalise capitalize capture care caress carry carve cash cast catalogue catch
categorise categorize cause caution cease cede celebrate cement censor centre certify chain challenge change channel chant charge charm chart
charter chase chat cheapen cheat check cheer cherish chew chill chip choke choose chop circle circulate circumvent cite claim clamp clap clarify
classify clean clear clench climb cling clip cloak clock clog clone close clothe coach coat coax code coerce coin collaborate collapse collate
collect collide colour color comb combine come comfort command commence commend comment commission commit communicate compare compel compensate
compete compile complain complete complicate comply compose compound compress compromise compute conceal concede concentrate conclude condemn
condense condition conduct confess configure confine confirm confiscate conform confront confuse congratulate connect conquer consent conserve
consider consign console consolidate conspire constrain construct consult consume contact contain contaminate contemplate contest continue
contract contradict contribute contrive control convene converse convert convey convict convince cook cool cooperate coordinate cope copy
correct correspond corrupt cough count countersign couple cover crack craft cram crash crawl create credit creep criticise criticize crop cross
crouch crown crucify crush cry cultivate curate curb cure curse curtail cushion cut cycle
dab damage damp dampen dance dangle dare darken dash date dazzle deactivate deal debate debit debug decay deceive decide declare decline decode
decompress decorate decrease decrypt dedicate deduct deed deepen deface defame default defeat defect defend defer define deflate deflect defraud
defrost defuse defy degrade delay delegate delete deliberate delight deliver demand demolish demonstrate demote denounce deny depart depend depict
deplete deploy deport depose deposit depreciate deprive derail derive descend describe desert deserve design designate desire despise destroy detach
detain detect deter deteriorate determine detest detonate devalue develop deviate devise devote devour diagnose dictate die differ differentiate dig
digest digitise digitize dignify dilute dim diminish dine dip direct disable disagree disappear disappoint disapprove disarm disassemble discard
discharge discipline disclaim disclose disconnect discontinue discount discourage discover discredit discriminate discuss disguise dish disinfect
dislike dismantle dismiss disobey dispatch dispense disperse display displease dispose dispute disqualify disregard disrupt dissolve dissuade distance
distil distill distort distract distribute disturb ditch dive divert divide divorce divulge dock doctor document dodge donate doodle double doubt download
downgrade downplay draft drag drain dramatise draw dread dream dress drift drill drink drip drive drone drop drown drum dry duck dull dump dupe
duplicate dust dwell dye
earmark earn ease eat eavesdrop echo edit educate elaborate elbow elect electrify elevate elicit eliminate elude email embargo embark embarrass embed
embellish embezzle embody emboss embrace emerge emigrate emit emphasise emphasize employ empower empty emulate enable encase enclose encode encounter
encourage encrypt end endanger endorse endure enforce engage engineer engrave enhance enjoy enlarge enlighten enlist enrich enrol enroll ensnare ensure
entangle enter entertain entice entitle entrap entrust enumerate envelop envision equate equip erase erect erode escalate escape escort establish
estimate evacuate evade evaluate evict evoke evolve exaggerate examine exceed excel exchange excite exclude excuse execute exempt exercise exert
exfiltrate exhaust exhibit exile exist exit expand expect expedite expel experience experiment expire explain explode exploit explore export expose
express extend extort extract extradite extrapolate eye
fabricate face facilitate fade fail faint fake fall falsify familiarise fancy farm fashion fast fasten father favour favor fax fear feast feature feed
feel feign fell fence fend ferry fertilise fetch fiddle fight figure filch file fill film filter finalise finalize finance find fine finger finish fire
fish fit fix flag flash flatten flatter flaunt flavour flee flick fling flip flirt float flog flood floor flout flow fluff flush flutter fly foam focus
fog foil fold follow fool forage forbid force forecast foreclose forfeit forge forget forgive forgo fork form format formulate forward foster found frame
franchise free freeze frighten frisk frown frustrate fry fuel fulfil fulfill fumble fumigate function fund furnish fuse
gag gain gallop gamble garnish gas gate gather gauge gaze generalise generalize generate get gift give glance glare glaze glide glorify glue gnaw go
goad gossip govern grab grade graft grant graph grasp grate greet grieve grill grind grip groan groom ground group grow growl grumble guarantee guard guess
guide gulp gut
hack haggle hail halt halve hammer hamper hand handcuff handle hang happen harass harbour harden harm harmonise harness harvest hasten hatch hate haul
haunt have head heal heap hear heat heave heckle heed heighten help herd hesitate hibernate hide highlight hijack hike hinder hint hire hit hitch hoard
hoist hold hollow honk honour honor hoodwink hook hop hope host hound house hover howl hug hum humble humiliate hunt hurdle hurl hurry hurt hush hydrate
hypnotise
idealise identify idle ignite ignore illuminate illustrate imagine imbue imitate immobilise immunise impair impart impeach impede imperil impersonate
implant implement implicate implore imply import impose impound impress imprint imprison improve improvise incinerate incite incline include incorporate
increase increment inculcate indemnify indent index indicate indict induce indulge infect infer infiltrate inflame inflate inflict influence inform
infringe infuriate infuse ingest inhabit inhale inherit inhibit initial initialise initialize initiate inject injure innovate inquire inscribe insert
insinuate insist inspect inspire install instigate instil instruct insulate insult insure integrate intend intensify intercede intercept interchange
interfere interject interpolate interpret interrogate interrupt intersect intervene interview intimidate introduce intrude inundate invade invalidate
invent invert invest investigate invite invoice invoke involve irritate isolate issue itemise itemize iterate
jail jam jeer jeopardise jettison jingle jog join joke jolt jostle jot judge juggle jumble jump justify
keep key kick kidnap kill kindle kiss kneel knit knock knot know
label lace lack ladle lament laminate land lash last laugh launch launder lavish lay laze lead leak lean leap learn lease leave lecture legalise legitimise
lend lengthen lessen let level leverage levy liberate license lick lie lift light lighten like limit line linger link liquidate list listen litigate litter
live load loan loathe lobby localise locate lock lodge log loiter look loop loosen loot lose love lower lubricate lull lure lurk
magnify mail maim maintain make malign manage mandate mangle manhandle manicure manipulate manoeuvre manufacture map march mark market marry mask massage
master match mate matter maximise maximize mean measure meddle mediate medicate meet mellow melt memorise memorize menace mend mention merge message migrate
milk mime mimic mind mine minimise minimize mirror misdirect misinform mislabel mislead misplace misquote misreport misrepresent miss misspell mistake misuse
mitigate mix moan mob mobilise mock model moderate modernise modify moisten mold monetise monitor moor mop motivate mould mount mourn move mow muddle muffle
multiply mumble murder murmur muster mutate mute mutter muzzle
nag nail name narrate narrow navigate need neglect negotiate nest neutralise nibble nick nod nominate normalise normalize note notice notify nourish nudge
nullify number numb nurse nurture
obey object oblige obliterate obscure observe obstruct obtain occupy occur offend offer officiate offload offset omit ooze open operate oppose oppress opt
optimise optimize order organise organize orient originate ornament oust outbid outdo outlaw outline outlive output outrun outshine outsource outvote
overcharge overcome overdose overestimate overhear overheat overlap overlay overload overlook override overrule oversee overstate overtake overthrow
overturn overwrite owe own
pace pacify pack package pad paddle page paint pair pamper panic paper parade paralyse paraphrase pardon park parody parse part partake participate
partition pass paste pat patch patent patrol pause pave pawn pay peck pedal peek peel peep peer peg penalise penalize penetrate perceive perform perfume perish
permit perpetuate persecute persist personalise persuade pester phone photocopy photograph phrase pick picket pickle pierce pile pilfer pilot pinch pin ping
pinpoint pirate pitch pity pivot place plagiarise plague plan plant plaster plate play plead please pledge plot plough plow pluck plug plunder plunge poach
point poison poke polish poll pollute ponder pool pop populate portray pose position possess post postpone pound pour practise practice praise pray preach
precede precipitate predate predict prefer prefill prefix preheat prepare prepay prepend prescribe present preserve preside press pressure presume pretend
prevail prevent prey price prick prime print prioritise prioritize probe proceed process proclaim procrastinate procure prod produce profess profile profit
program progress prohibit project prolong promise promote prompt prone pronounce proofread prop propagate propel propose prosecute prospect protect protest
prove provide provoke prowl prune pry publicise publish puff pull pump punch punctuate puncture punish purchase purge purify purport pursue push put puzzle
quadruple quantify quarantine quarrel quash query question queue quicken quiet quieten quit quiz quote
race radiate raid rain raise rake rally ram ramble ramp randomise randomize range rank ransom rate ratify ration rationalise rattle ravage rave reach react
read readjust realign realise realize reallocate reap reappoint rearrange reason reassemble reassign reassure rebel reboot rebrand rebuild rebuke recalculate
recall recast recede receive recharge recite reclaim reclassify recline recognise recognize recoil recommend reconcile reconfigure reconnect reconsider
reconstruct record recount recoup recover recreate recruit rectify recuperate recur recycle redact redeem redefine redeploy redesign redirect redistribute
redo redraw reduce reel refer referee refill refinance refine reflect reform refrain refresh refrigerate refund refurbish refuse refute regain regard
regenerate register regret regroup regulate rehearse reheat reimburse reinforce reinstall reinstate reissue reject rejoice rejoin relabel relate relax relay
release relegate relent relinquish relish relocate rely remain remake remark remedy remember remind remit remodel remove rename render renegotiate renew
renounce renovate rent reopen reorder reorganise repack repaint repair repatriate repay repeal repeat repel repent rephrase replace replay replenish replicate
reply report repossess represent repress reprimand reprint reproach reproduce reprogram repurchase request require reroute rerun resale rescale reschedule
rescind rescue research resell resemble resent reserve reset reshape reshuffle reside resign resist resize resolve resort respect respond rest restart restock
restore restrain restrict restructure resubmit result resume resurrect retain retaliate retard rethink retire retitle retort retouch retract retreat retrieve
retry return reunite reuse revamp reveal reverberate revere reverse revert review revise revisit revive revoke revolt reward rewind reword rewrite rhyme rid
ride ridicule rig ring rinse riot rip ripen rise risk rivet roam roar roast rob rock roll romanticise root rot rotate rough round rouse rout route row rub ruin
rule run rush rust
sabotage sack sacrifice sadden saddle safeguard sail salute salvage sample sanction sand sanitise sanitize satisfy saturate save savour saw say scald scale
scan scar scare scatter schedule scheme scold scoop scorch score scorn scour scout scramble scrap scrape scratch scream screen screw scribble script scroll
scrub scrutinise sculpt seal search season seat seclude second secrete secure sedate seduce see seed seek seem segment segregate seize select sell send
separate sequester serenade serialise serve service set settle sever sew shade shadow shake shame shape share sharpen shatter shave shed shelter shelve shield
shift shine ship shiver shock shoot shop shorten shout shove shovel show shower shred shrink shroud shrug shuffle shun shut shuttle sidestep sieve sift sigh
sign signal silence silhouette simmer simplify simulate sing sink sip siphon sit situate size sketch ski skim skip slacken slander slap slash slaughter sleep
slice slide sling slip slit slow slump smack smash smear smell smile smoke smooth smother smudge smuggle snap snatch sneak sneer sneeze sniff snip snitch snoop
snooze snub soak soap soar sob socialise soften soil sojourn solder solicit solve soothe sort sound source sow spam span spare spark spawn speak spearhead
specialise specify speculate speed spell spend spice spike spill spin spit splash splice split spoil sponsor spook spoof spot sprawl spray spread sprinkle sprint
spur spy squander squash squeak squeal squeeze squirt stab stabilise stack staff stage stagger stain stake stalk stall stamp stampede stand standardise staple
star stare start startle starve stash state station stay steal steam steer stem step sterilise stick stiffen stifle stigmatise stimulate sting stipulate stir
stitch stock stockpile stoke stomp stone stop store storm stow straddle straighten strain strand strangle strap stray streak stream streamline strengthen stress
stretch strike string strip strive stroke stroll structure struggle stub study stuff stumble stun stutter style subdue subject submerge submit subordinate
subpoena subscribe subsidise substantiate substitute subtract subvert succeed suck sue suffer suffix suffocate suggest suit sum summarise summarize summon
supersede supervise supplant supplement supply support suppose suppress surcharge surf surge surpass surprise surrender surround survey survive suspect suspend
sustain swallow swap swat sway swear sweep sweeten swell swerve swim swindle swing swipe switch swoop symbolise sympathise sync synchronise synchronize
synthesise synthesize
tabulate tack tackle tag tail tailgate tailor taint take talk tally tame tamper tangle tap tape target tarnish taste tattoo taunt tax teach team tear tease
telephone televise tell temper tempt tend terminate terrify terrorise test testify text thank thaw thicken thin think thrash threaten thrive throttle throw
thrust thwart tick tickle tidy tie tighten tilt time tip tire toast toggle tolerate top topple torment torture toss total touch tour tout tow trace track trade
trail train trample transact transcend transcribe transfer transfix transform translate transmit transplant transport transpose trap travel traverse tread treat
treble trek tremble trespass trick trickle trigger trim trip triple triumph trot trouble trounce truncate trust try tuck tug tumble tune tunnel turn tutor tweak
tweet twist twitch type
unbind unblock unbundle unbutton uncover underestimate undergo underline undermine underpay underscore understand understate undertake underwrite undo undress
unearth unfasten unfold unfollow unfreeze unify uninstall unite unleash unlink unload unlock unmask unmute unpack unpin unplug unravel unscrew unseal unsubscribe
unsettle unveil unwind unwrap unzip update upgrade uphold upload upset urge use usher utilise utilize utter
vacate vacation vaccinate validate value vandalise vanish vaporise vary veil vend vent ventilate venture verify versify vet veto vibrate victimise videotape view
vilify violate visit visualise visualize voice void volunteer vomit vote vouch vow
wade wag wager wail wait waive wake walk wallow wander want ward warehouse warm warn warp wash waste watch water wave weaken wean wear weave wed weed weep weigh
welcome weld wet whip whirl whisk whisper whistle whitelist whiten widen wield win wind wink wipe wire wish withdraw wither withhold withstand witness wonder woo
work worry worsen worship wound wrap wreck wrestle wring write
yank yawn yearn yell yield zap zero zip zoom`

export const verbs: readonly string[] = list.split(/\s+/).filter((word) => word !== '')
