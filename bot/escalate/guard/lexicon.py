"""Classes of words by language, from which a clause's meaning is put together.

Words are folded (no accents); ``_`` joins what is said together, an apostrophe parts
words (``we've`` is ``we ve``), and ``*`` stands for any ending. A word with a capital
is looked for with it. ``clauses.MEANINGS`` says which classes together say what.
"""

from __future__ import annotations

ENGLISH = {
    "WE": """
        we i the_bank the_airline the_insurer the_company the_hotel the_store
        our_insurer
    """,
    "OUR": "our my the",
    "PEOPLE": """
        team colleague* crew staff driver* engineer* technician* agent* courier*
        branch department system* contractor* clerk* rep reps adviser* advisor*
        operator* handler* cashier* pilot office warehouse partner supplier handlers
        nurse doctor installer assessor dentist teacher clinic store someone_here
        somebody_here one_of_us surveyor plumber electrician fitter receptionist
        waiter housekeeping kitchen mechanic bank baggage_handlers ground_staff
        call_handler trainee lab workshop desk nurses doctors installers people
        technicians loaders movers pharmacist cleaner cleaners porter manager managers
        host hostess guard attendant recruiter
    """,
    "YOU": "you your yours you_d you_ve",
    "YOUR": "your",
    "IT": "it that this them the",
    "CASE": """
        account policy claim booking reservation order membership loan mortgage
        subscription contract appointment application payment parcel package delivery
        transfer deposit balance invoice bill refund prescription treatment complaint
        case ticket file dispute statement direct_debit standing_order card profile
        flight luggage suitcase bag baggage premium instal* repayment warranty pension
        meter tenancy rental lease excess plan tariff overdraft surgery operation
        charge fee request renewal router seat room shipment repair installation funds
        cheque results scan visa points miles top_up bond insurance savings broadband
        wallet transaction enquiry query phone_line sim upgrade quote basket dress
        sofa washing_machine appeal kettle mattress laptop phone tooth crown tuition
        enrolment redress reimbursement journey wedding voucher exam x_ray bag_claim
        gift_card trade_in pre_order reward penalty fine interest arrears debit car
        van house home bike samples sample fare no_show letter notice money payout
        vaccination property boiler heating oven toaster watch shoes jacket coat
        glasses prosthetic hearing_aid trip holiday stay ring parcel_s handset
        visa_fee pram surcharge courier_slip record default phone_bill sofa_bed
    """,
    "CASES": """
        parcels bookings orders claims payments accounts charges fees policies bags
        invoices bills transfers tickets transactions items return returns
    """,
    "SEE": """
        see seeing saw seen checked checking found spotted noticed looked looking
        pulled pull traced located reviewed reviewing opened tracked confirm confirmed
        noted got_hold_of had_a_look having_a_look taken_a_look had_a_quick_look
        double_checked verified dug_out brought_up gone_through going_through
    """,
    "GAVE": """
        refunded credited reimbursed compensated waived reversed upheld granted repaid
        written_off written_it_off knocked topped_up overturned recalculated
        discounted paid_out paid_back turned_down refunding crediting reimbursing
        compensating waiving reversing repaying returned_the_money taken_off took_off
        taken_the wiped scrapped rejected declined approved upgraded bumped succeed
        succeeded prevail taken_care_of written_down put_things_right put_it_right
        put_this_right made_it_right squared_away signed_off binned squared topped
        wiped_out nulled comped awarded agreed_to_pay
    """,
    "ENDED": """
        cancelled canceled closed resolved settled sorted processed issued replaced
        reinstated reactivated unlocked unblocked corrected amended rebooked released
        extended denied refused accepted removed dispatched reassessed successful
        unsuccessful ineligible eligible completed escalated rescheduled fixed
        terminated ended dropped cleared honoured processing arranged succeeded
        succeed reconnected paid sent refuse upgraded reopened put_right transferred
        swapped exchanged delivered turned_down signed_off squared thrown_out
        knocked_back pulled voided annulled backdated
    """,
    "GIVE": """
        refund credit reimburse compensate waive reverse grant uphold repay write_off
        knock overturn discount top_up be_refunding reinstate rebook refunds deduct
        cancel undo scrap forgive absorb revoke overrule swap settle refuse reject
        decline release honour pay_out pay_back
    """,
    "GIVE_IT": """
        give offer pay send cover replace arrange add approve accept extend transfer
        return put pop apply make get do ship post drop provide throw book swap
    """,
    "WILL": """
        will ll going_to able_to unable_to won_t cannot can_t couldn_t decided_to
        decided_not_to agreed_to about_to happy_to glad_to pleased_to gonna re_not
        re_unable have_to arranged_to be_able
    """,
    "GIFT": """
        refund compensation voucher goodwill gesture reimbursement payout discount
        bonus_points extra_points money money_back deposit replacement credit_note
        credit free_of_charge free_month cheque settlement payment vouchers miles
        points hamper data_allowance on_the_house at_no_cost hotel taxi cost costs
        expenses bill months_of three_months two_months six_months months free
        free_delivery upgrade year_s month_s free_ticket new_phone new_card new_one
        refunds one_off allowance repair half_the a_free refund_of
    """,
    "SURE_GIFT": """
        a_refund the_refund full_refund partial_refund the_money refund_of
        a_replacement the_replacement the_compensation a_credit the_credit your_money
        full_amount the_amount the_difference the_payout payout no_payout a_voucher
        the_voucher your_refund reimbursement a_cheque the_cheque your_replacement
        a_new_one the_funds your_funds the_charge the_extra_charge the_cash
        your_compensation the_penalty the_fee the_interest the_late_fee
        the_cancellation_fee our_best_offer best_we_can_do
    """,
    "COMES": """
        on_its_way on_the_way on_their_way has_been have_been is_being are_being
        been_issued back_on back_in back_with should_be will_be ll_be will_reach reach
        reaches arrive arrives arrived lands landed land came_through gone_through
        went_through went_out sent issued processed approved due expect completed
        heading en_route coming in_the_post is_now was_sent s_been paid added left_us
        already through decided ready in_your were_sent gone stands lifted removed
        waived reversed refunded credited returned being taken_off recalculated
        find_its_way finds_its_way make_its_way wend be_with_you with_you_by
    """,
    "ADDED": """
        added popped put applied paid transferred sent taken knocked credited
        deposited add pop apply knock take gave given adding loaded wired moved placed
        dropped
    """,
    "AMOUNT": """
        $ % pounds pound euros euro dollars quid eur gbp usd aud cents points miles
    """,
    "DECIDED": """
        decided decision outcome concluded conclude determined assessed assessment
        verdict criteria uphold upheld no_grounds
    """,
    "BE": """
        is was has had will went did are were have ll shows showed renews renewed
        expires expired ends ended bounced left arrived started ran runs came comes
        isn_t wasn_t hasn_t hadn_t didn_t won_t doesn_t s_been got gets goes failed
        lapsed covers includes qualifies closes falls cleared moved leaves arrives
        needs missed reached sits been still
    """,
    "NAMED": """
        under_that_name under_this_name under_your_name in_that_name in_your_name
        by_that_name with_that_name under_those_details with_those_details
        matching_your matches_your under_that_number for_that_address at_that_address
        under_that_email with_your_handle under_your_handle
    """,
    "DID": """
        called cancelled booked bought ordered paid opened signed joined switched
        applied renewed flew stayed visited spoke submitted missed purchased
        checked_in registered requested chose selected accepted declined upgraded
        downgraded withdrew transferred deposited borrowed returned collected
        picked_up agreed asked_for took_out set_up changed moved entered filled_in
        uploaded received travelled claimed logged_in reported_it phoned rang
        switched_to pre_ordered exchanged subscribed sent_back posted_it dropped_off
        agreed_to checked_out
    """,
    "YOU_DO": "you you_ve you_d",
    "YOU_ON": """
        you_re_on you_are_on you_were_on you_re_with you_are_with you_re_in you_are_in
        you_re_booked you_are_booked you_re_covered you_are_covered you_re_insured
        you_are_entitled you_re_entitled you_qualify you_re_eligible you_are_eligible
        you_re_due you_are_due you_re_owed you_don_t_qualify you_aren_t_covered
        you_re_not_covered you_re_not_entitled you_re_down_for you_have_had
        you_still_owe you_re_overdrawn you_aren_t_entitled you_re_not_eligible
        you_hold
    """,
    "PLAN": """
        plan tariff fare policy contract tier gold silver platinum package list flight
        booking cover scheme compensation refund entitled eligible qualify owe covered
        booked insured due owed overdrawn overdraft account rate
    """,
    "WITH_US": """
        with_us_for with_us_since being_with_us been_with_us years_with_us
        year_with_us one_of_our_customers one_of_our_clients one_of_our_members
        one_of_our_patients one_of_our_guests one_of_our_policyholders shareholder_of
        shareholder_since customer_of_ours client_of_ours member_of_ours
        not_a_customer aren_t_a_customer isn_t_a_customer among_our_customers
        among_our_clients your_custom your_loyalty flying_with_us_since
        banking_with_us_for insured_with_us your_years your_continued_custom
        choosing_us_for choosing_us_again coming_back_to_us stay_with_us last_stay
        your_stay your_recent_stay your_recent_visit your_recent_flight
        your_recent_purchase your_recent_order customer_for member_for client_for
        isn_t_with_us aren_t_with_us not_with_us different_provider another_provider
        shopped_with_us flown_with_us served_you welcome_aboard
    """,
    "REACHED": """
        emailed e_mailed wrote written texted called rang phoned tried_calling
        tried_to_call tried_to_reach left_a_voicemail voicemail letter reminded
        notified spoke spoken informed
    """,
    "MESSAGE": """
        message messages dm dms inbox pm direct_message chat reply replied comment
        post tweet request_to_follow private privately policy_page website app advice
        information info details_here
    """,
    "FAULT": """
        mistake mistakes error errors fault blunder slip_up slip oversight failing
        failings failure negligen* mix_up careless* incompeten* cock_up carelessness
        lapse
    """,
    "OUR_SIDE": """
        our_part our_side our_end by_our by_us by_one_of_our of_our from_our our_own
        our_team_s our_driver_s our_crew_s is_ours was_ours was_made_by made_by
        of_ours we_made on_us we_make made_a made_an made_the our_fault one_of_our
    """,
    "BADLY": """
        badly poorly wrongly incorrectly terribly carelessly unprofessionally
        unacceptably rudely negligently late_with_this too_slow too_slowly
        not_good_enough
    """,
    "ACTED": """
        handled dealt treated communicated acted managed behaved responded processed
        applied charged billed entered done did was were been
    """,
    "BROKE": """
        lost broke damaged forgot failed missed mixed misread overcharged mislaid
        ignored neglected botched muddled spilled deleted mishandled misplaced
        scratched messed misinformed misled omitted double_charged charged_you wrongly
        skipped overlooked rushed cut_corners mischarged underpaid jumbled lost_track
        mis_sold missold double_booked spoilt ruined burnt tore bent dented spilt
        wrongfully mistyped mixed_up dropped wrecked fluffed muffed screwed torched
        bungled
    """,
    "SHOULD_NOT": """
        shouldn_t_have_happened should_not_have_happened should_never_have_happened
        shouldn_t_have_been should_not_have_been should_never_have ought_not_to_have
        never_should_have shouldn_t_have_left shouldn_t_have_let shouldn_t_have_sent
        shouldn_t_have_gone shouldn_t_have_said shouldn_t_have_taken
        shouldn_t_have_charged
    """,
    "SHOULD_HAVE": """
        should_have ought_to_have shouldn_t_have could_have needed_to_have
        could_and_should_have should_ve could_ve
    """,
    "ADMITS": """
        we_accept_that we_own_that hold_our_hands_up hands_up no_excuses no_excuse
        let_you_down let_people_down dropped_the_ball that_s_on_us this_is_on_us
        down_to_us ball_was_dropped fell_short fallen_short we_got_it_wrong
        we_re_to_blame we_are_to_blame we_messed_up we_slipped_up fault_of_ours
        we_admit we_re_responsible we_accept_full we_take_full at_fault_here
        sincere_apologies_for_our apologise_for_our_error we_are_liable we_re_liable
        was_avoidable our_negligence our_error
    """,
    "DENIES": """
        isn_t_how_it_happened not_how_it_happened not_what_happened
        isn_t_what_happened wasn_t_what_happened didn_t_happen_like never_happened
        hard_to_believe difficult_to_believe we_disagree we_strongly_disagree
        we_beg_to_differ baseless unfounded you_clearly you_failed you_ignored
        you_refused you_chose_to you_chose_the you_were_the_one rude_to_you never_rude
        our_cameras cctv recording_shows recording_of_the_call call_recording
        as_explained as_we_told as_already as_previously as_you_know as_you_were
        you_were_told you_were_informed you_were_advised you_were_warned
        you_were_made_aware your_fault your_responsibility your_own_fault
        you_should_have you_shouldn_t_have you_ought_to_have calm_down due_respect
        get_your_facts your_version facts_straight misread misunderstood you_re_wrong
        you_are_wrong you_are_mistaken you_re_mistaken you_must_have you_didn_t_read
        you_didn_t_tell you_never_told you_never you_left_out you_forgot we_dispute
        we_reject_your not_accurate not_a_fair isn_t_fair_to isn_t_true not_true
        simply_false simply_untrue you_agreed_to you_signed two_sides
        other_side_of_the_story full_story whole_story our_logs_show no_one_forced
        nobody_forced read_the_terms reading_the_terms small_print leaving_out
        you_were_late you_turned_up_late you_arrived_late nonsense made_up we_stand_by
        how_can_you_say contradict* exaggerat* if_you_had everyone_else everybody_else
        blame_us whatever_you_claim whatever_you_say you_claim you_simply
        you_obviously you_just_didn_t you_didn_t_even you_could_have_read
        next_time_read tells_another tells_a_different different_story you_are_lying
        you_re_lying you_knew you_knew_about as_stated as_it_says clearly_stated
        clearly_states clearly_says written_in_black you_ticked you_accepted_the
        not_our_problem not_our_fault isn_t_our_fault wasn_t_our_fault twisting
        had_you_read had_you_checked had_you_told could_have_been_avoided
        showed_up_late turned_up_late you_showed_up waited_for_you putting_words
        distort* not_what_our not_what_we_said misrepresent* cherry_pick*
        making_this_up making_things_up say_otherwise says_otherwise
        see_it_differently remember_it_differently saw_it_differently leaves_out
        leave_out before_complaining before_posting_here perhaps_read maybe_read
    """,
    "FALSE": "false incorrect inaccurate untrue misleading wrong lie lies",
    "CLAIM": """
        that_claim this_claim your_claim your_comment your_review your_post you_say
    """,
    "FINAL": """
        final_response final_decision decision_stands final_position final_answer
        our_position_is our_decision_is our_response_to_your_complaint deadlock
        holding_response delay_notice eight_week_letter not_upheld partly_upheld
        partially_upheld
    """,
    "OMBUDSMAN": """
        ombudsman ombudsmen afca fos cfpb regulator adjudicator tio
        financial_ombudsman
    """,
    "THEIRS": """
        you_may you_can you_have_the_right your_right you_re_entitled your_next_step
        next_step refer_it refer_your take_it take_your within_six_months
        if_you_re_unhappy our_decision our_response
    """,
    "DELAY": """
        more_time longer_than reasons_for_the_delay additional_time
        still_investigating extension further_30 another_30 extra_time by_day
    """,
    "COMPLAINT": "complaint dispute grievance",
    "STOPPED": """
        restricted restriction hold frozen froze freeze paused flagged stopped halted
        blocked suspended locked closed limited withheld held declined deactivated
        terminated disabled delayed won_t_go_out not_gone_out pending_review
        under_review exited stop block pause stopping blocking freezing holding
        closing can_t_release not_release cannot_release release won_t_release
        unable_to_release
    """,
    "ASSET": """
        account funds transfer payment transaction card access profile money wallet
        policy application accounts relationship it withdrawal deposit savings
    """,
    "REASON": """
        unusual suspicious fraud security compliance checks verification suspect*
        irregular* laundering aml scam source_of_funds red_flags financial_crime
        investigation investigat* sanctions police suspicion mule risk_team
        trust_and_safety risky where_the_money money_comes_from safeguarding aml_rules
        risk anti_fraud fraud_people done_with_you checks_are source_of
    """,
    "ASK": """
        need require comment reply mail post send share tell give drop pop include
        provide confirm would_need add leave type supply dm pm email text message
        whats what_s what_is which whose ll_need quote verify let_us_have fill ping
        state tell_us message_us can_we_get can_we_have could_we_have may_we_have
        could_i_have can_i_get can_i_have get
    """,
    "DATA": """
        full_name your_name your_surname first_name last_name account_holder
        account_number policy_number order_number booking_reference booking_ref
        reference_number customer_number member_number membership_number date_of_birth
        dob birthday postcode zip_code post_code home_address your_address
        email_address your_email phone_number mobile_number your_mobile your_number
        your_phone passport driving_licence licence_number social_security national_id
        sort_code iban card_number last_four pin password passcode security_answer
        memorable_word maiden_name suburb imei serial_number case_number claim_number
        contact_details your_details account_details tracking_number patient_number
        nhs_number medicare_number your_contact best_number invoice_number
        ticket_number flight_number_and meter_number customer_id account_id user_id
        username your_order your_booking_number the_postcode name_address expiry_date
        card_you_used your_policy surname booking_number your_booking_reference
        your_reference street which_card which_branch which_account your_full_name
        your_order_number email_you order_id contact_number name_on membership_id
        member_id phone_no account_no order_no
    """,
    "NEVER": """
        never don_t do_not without not avoid rather_than instead_of no nobody won_t
        remove delete keep beware out_of cannot can_t doesn_t
    """,
    "IF": """
        if when whenever whether unless in_case how should_you to_see anyone_who
        those_who before you_can_check any_time as_soon_as until
    """,
    "ANYBODY": """
        usually generally normally typically anyone anybody everyone everybody
        customers passengers travellers members all every each any policy_says
        individual general some people in_most_cases as_a_rule often may might
        refund_policy returns_policy refund_page terms_and_conditions standard
        depending whoever guests residents visitors users clients households always
        most various students children kids pensioners families new_customers drivers
        cyclists commuters holders businesses
    """,
    "PUBLIC": """
        problem login bug update version maintenance flights trains train bus buses
        services service event concert network outage website site app sale offer
        station line road page link store shop branches museum stadium timetable
        fault_in broken post comment review feedback idea suggestion fault_has cable
        fibre power queue queues rides pool bought_from weather storm stores shops
        gyms tills video depot plans_for hours opening menu range website_s pressure
        main pipe engineers_are designers recipe collection season flavours
        collections team_page timetables forecast roadworks works competition winners
        charity marathon cancelled_because signal 8 hull platform fares the_crew cabin
        kitchen kitchens because_of
    """,
    "SPEAKS": """
        can_t_discuss cannot_discuss not_discuss discuss talk_about comment_on
        look_into speak speak_about say_here can_t_say cannot_say not_able_to_discuss
        never_discuss privately in_private private_message direct_message dm
        message_us like_to_help
    """,
    "HAVE_TO": """
        should_never_have_to shouldn_t_have_to should_not_have_to ought_not_to_have_to
        nobody_should
    """,
    "HOW_TO": """
        app website online page log_in portal can_be can_choose you_can may_be how_to
        settings menu desk status check_your please under_help form depends
    """,
    "PAST": """
        *ed gave took sent made did left put got told said went came found lost broke
        chose kept let paid had sold spent wrote forgot was were has ran held thought
        meant fell cut hit had_to have mixed
    """,
    "SOFT": """
        passed noted told read heard seen reported replied answered moved opened
        launched shared posted listened loved enjoyed forwarded asked love hear
        talking started thanked published planned understand joined teamed hired
        invited won pleased excited delighted interested expected supposed limited
        noticed need needed concerned worried dedicated committed closed_comments
        sponsored designed built agree paused hiring welcome proud grateful comment
        work working doing reading sad aware asked_the mend hope ready moving
        forward_to forwarding on_it explained listed made_our answer_questions
        you_wrote looking_into giveaways in_touch
    """,
    "SOMEBODY": """
        someone_here somebody_here a_colleague one_of_us someone somebody one_of_our
        a_member_of_staff
    """,
    "WRONG": "wrong incorrect twice wrongly in_error by_mistake by_accident",
    "LOOKING": """
        looking_into look_into find_out finding_out understand went_wrong anything
        what_s if looking investigating working
    """,
    "NOT_ENOUGH": """
        quickly_enough quick_enough fast_enough soon_enough clear_enough
        clearly_enough in_time well_enough carefully_enough didn_t_respond
        didn_t_reply didn_t_answer didn_t_listen didn_t_tell didn_t_act didn_t_check
        did_not_check did_not_act never_called never_replied never_got_back failed_to
        good_enough didn_t_warn didn_t_do_enough
    """,
    "WRONGED": """
        overcharged double_charged charged_twice billed_twice misinformed misled
        mistreated short_changed ignored given_the_wrong sent_the_wrong wrongly
        treated_badly let_down undercompensated mis_sold
    """,
    "BY_US": "by_our by_us by_one_of_our by_the_crew by_staff by_handlers",
    "GIVING": """
        giving sending paying offering replacing covering arranging adding putting
        granting extending crediting letting_you
    """,
    "TURNED": "turned threw knocked put paid sent wrote",
    "DOWN": "down out back through right off",
    "EXPECT": "expect receive get see find recover",
    "AGREED": """
        agreed_to decided_to arranged_to offered_to decided_not_to declined_to
        refused_to chosen_to authorised_to decided_against decided_in agreed_that
        decided_that happy_to_offer like_to_offer pleased_to_offer prepared_to
    """,
    "TO_YOU": """
        coming_to_you coming_out_to come_to_you visit_you visiting_you out_to_you
        at_your_door to_your_door at_your_place to_your_house to_your_home
        to_your_address at_your_property to_your_property at_your_home
    """,
    "FROM_YOU": "from_you received_your got_your",
    "HAVE": "have got hold holding keep keeping ve_got has",
    "DELIVERED": """
        delivered shipped dispatched collected signed_for handed dropped posted
        sent_out picked_up installed left
    """,
    "NOBODY": "nobody no_one none_of_us nobody_here",
    "FORCED": "forced made obliged promised asked_you told_you_to",
    "THE_CASE": "the that this",
    "WAS": """
        was were has had ran did left went got came been is_now is_still now stands
        came_back bounced won_t isn_t hasn_t wasn_t didn_t doesn_t will is
    """,
    "NO_WAY": """
        nothing_we_can_do nothing_more_we_can excluded out_of_time not_possible
        isn_t_possible stands not_due isn_t_due ruled_out out_of_the_question too_late
        no_longer_possible final not_payable not_entitled refuse refused stand_firm
        stands_firm stand_by_the won_t_budge remains_payable still_payable remains_due
        still_due no_exceptions
    """,
    "NEW": "a_new the_new another_one replacement a_fresh",
    "APPEARS": """
        it_appears it_looks_like it_seems looks_as_if appears_that seems_that
        it_turns_out
    """,
    "YOU_TOLD": "you_wrote you_told you_called you_reached you_spoke",
    "UNBROKEN": "not_forgotten haven_t_forgotten won_t_be_forgotten never_lost",
    "OURS": "our my ours",
    "NOT": """
        not don_t didn_t doesn_t can_t cannot won_t nothing haven_t hasn_t couldn_t
        isn_t aren_t
    """,
    "THEIRS_TO_SAY": """
        message messages feedback safety security privacy opinion review comment
        question patience idea ideas suggestion photo post words interest
        understanding point support city town area region experience day weekend
        evening morning trip name frustration concern concerns disappointment anger
        thoughts kindness call attention curiosity birthday holidays local nearest
    """,
    "DID_IT": """
        *ed gave took sent made put left got went lost broke kept let paid sold wrote
        cut told charged
    """,
    "HOPE": "sorry hope wish hoping sad hear",
    "BLAME": """
        to_blame glitch hiccup mess muddle bug fluke shambles clerical technical_error
    """,
    "MONEY": """
        $ £ € euro euros eur pound pounds quid gbp dollar dollars bucks usd aud nzd
        cad chf francs franc cents cent pence
    """,
    "PAYS": """
        refund refunds refunded refunding reimburs* credited crediting credit_you
        repay repays repaid repaying pay pays paid paying compensat* waive waives
        waived waiving returned returning deducted deducting charged debited
        transferred owe owes owed knocked pay_back gave giving give wired
    """,
    "PAYS_YOU": """
        charge charges charging debit back get_back credit send sending sent
        overcharged
    """,
    "YOU_PAY": "you_pay you_ll_pay you_will_pay you_can_pay you_only_pay you_just_pay",
    "PRICE": """
        costs it_costs price prices priced it_s_$ it_s_£ it_s_€ shops_for shops_from
        stores_for store_for shop_for in_store_from kettle_is_$ kettle_is_£
        kettle_is_€ toaster_is_$ toaster_is_£ toaster_is_€ mattress_is_$ mattress_is_£
        mattress_is_€ laptop_is_$ laptop_is_£ laptop_is_€ phone_is_$ phone_is_£
        phone_is_€ jacket_is_$ jacket_is_£ jacket_is_€ coat_is_$ coat_is_£ coat_is_€
        dress_is_$ dress_is_£ dress_is_€ sofa_is_$ sofa_is_£ sofa_is_€ watch_is_$
        watch_is_£ watch_is_€ bike_is_$ bike_is_£ bike_is_€ one_is_$ one_is_£ one_is_€
        it_is_$ it_is_£ it_is_€
    """,
    "CUSTOMER": """
        customer client policyholder policy_holder account_holder accountholder
        subscriber cardholder
    """,
    "NO_CUSTOMER": """
        customer_service customer_services customer_care customer_support
        customer_team customer_relations customer_portal customer_area
        customer_promise customer_charter customer_line customer_satisfaction
        customer_experience customer_feedback every_customer each_customer
        any_customer another_customer become_a client_service client_services
    """,
    "SUPPOSE": """
        if whether unless in_case should_you anyone_who those_who when whenever
    """,
}
GERMAN = {
    "WE": "wir ich",
    "OUR": "unser* mein* der die das",
    "PEOPLE": """
        team kolleg* mitarbeit* fahrer* techniker* zusteller* filiale abteilung system
        crew agentur kundendienst berater* bote boten handwerker* partner kurier*
        pilot* dienstleister* monteur* arzt arztin praxis lieferant* verkaufer*
        kassierer* handwerker fachkraft
    """,
    "YOU": "Sie Ihnen Ihr* dir dich du dein* euch euer* eure*",
    "YOUR": "Ihr* dein* euer* eure*",
    "IT": "es das den die der",
    "CASE": """
        konto vertrag* police antrag schaden schadensfall bestellung buchung
        reservierung mitgliedschaft kredit darlehen hypothek abo abonnement termin
        zahlung paket lieferung uberweisung kaution guthaben rechnung erstattung
        ruckerstattung beschwerde fall ticket akte karte koffer gepack* beitrag rate
        pramie garantie tarif dispo* lastschrift gebuhr anfrage router sendung
        reparatur versicherung* betrag geld depot kundenkonto bonus punkte meilen
        reklamation kundigung widerspruch anschluss* laufzeit flug sitzplatz zahler*
        leistung* dauerauftrag abbuchung buchungen gutschrift einlage
        kostenvoranschlag rezept befund behandlung mietvertrag einspruch kaufpreis
        waschmaschine kuche anzahlung monteurtermin zahn brille ersatz klage reise
        *gebuhr *zahlung *vertrag *schein *rechnung auto wagen wohnung haus
        *versicherung *buchung *konto mahngebuhr versandkosten bestellwert
    """,
    "CASES": "pakete buchungen bestellungen rechnungen zahlungen konten vertrage",
    "SEE": """
        sehe sehen gesehen gepruft geschaut nachgeschaut nachgesehen gefunden finden
        entnehme entnehmen aufgerufen angeschaut angesehen gecheckt erkennen erkenne
        feststellen festgestellt bestatigen vorliegen einsehen habe_nachgesehen
    """,
    "GAVE": """
        erstattet gutgeschrieben storniert erlassen ersetzt zuruckerstattet
        zuruckgezahlt zuruckuberwiesen entschadigt bewilligt genehmigt abgelehnt
        zuruckgewiesen ausgezahlt gekurzt stattgegeben zugesagt zuruckgebucht
        uberwiesen angewiesen anerkannt rabattiert regulieren reguliert hochgestuft
        zuruckgeschickt erhoben
    """,
    "ENDED": """
        geschlossen erledigt gelost bearbeitet beendet aufgehoben freigeschaltet
        entsperrt korrigiert umgebucht verlangert verschickt versandt abgeschlossen
        gekundigt gesperrt berichtigt angenommen verweigert erfolgreich erfolglos
        verlegt geklart freigegeben unterwegs ausgeliefert veranlasst bestatigt
        eingereicht geliefert zugestellt eingegangen stattgegeben ausgeschlossen
        entschieden gezahlt
    """,
    "GIVE": """
        erstatten gutschreiben stornieren erlassen ersetzen zuruckerstatten
        zuruckzahlen zuruckuberweisen entschadigen bewilligen genehmigen ablehnen
        auszahlen zahlen ubernehmen schreiben_wir_Ihnen gut erstatte schenken
        anerkennen streichen verzichten nachlass rabatt uberweisen ersetze
        entschadigung gutschrift kulanz kulanzweise kompensieren zuruckgeben
        wir_erstatten erstatten_wir schreiben_wir zuruck zurucknehmen
        nehmen_wir_zuruck
    """,
    "GIVE_IT": "geben gewahren schicken senden bieten anbieten bekommen erhalten legen",
    "WILL": """
        werden wird konnen konnten durfen mochten wollen kann bekommen erhalten
        erstatten ersetzen erlassen ubernehmen schreiben schenken verzichten streichen
        zahlen uberweisen
    """,
    "GIFT": """
        erstattung ruckerstattung entschadigung gutschein gutschrift kulanz
        ruckzahlung auszahlung rabatt nachlass ersatz ersatzgerat geld betrag bonus
        schadenersatz ausgleichszahlung kosten schaden ausgleich bonuspunkte meilen
        gutscheine freimonat
    """,
    "SURE_GIFT": """
        die_erstattung der_betrag das_geld die_gutschrift den_betrag eine_erstattung
        der_gutschein ein_gutschein die_entschadigung die_ruckzahlung den_schaden
        volle_erstattung keine_erstattung keine_entschadigung das_ersatzgerat
        ein_ersatzgerat die_auszahlung ihre_erstattung einen_gutschein eine_gutschrift
        eine_Entschadigung die_Gebuhr den_Kaufpreis das_Ersatzteil
    """,
    "COMES": """
        unterwegs ist wurde wird wurden sollte kommt ankommen eintreffen eingehen
        veranlasst angewiesen uberwiesen gebucht erfolgt da sind werden verschickt
        raus ubernehmen folgt geht erhalten ausgeschlossen entfallt storniert erlassen
        geschickt zuruck hangt liegt steckt
    """,
    "ADDED": """
        geben gegeben ziehen abgezogen legen gelegt schreiben buchen gebucht
        uberweisen uberwiesen erlassen schenken gutschreiben bekommen erhalten zahlen
        gezahlt drauf
    """,
    "AMOUNT": "€ % euro eur franken chf punkte meilen prozent $",
    "DECIDED": "entschieden entscheidung entschlossen ergebnis beschieden bescheid",
    "BE": """
        ist war wurde wird hat hatte werden sind wurden lauft endet liegt steht kam
        ging geht kommt verlangert liefen waren haben platzte beginnt begann bleibt
        gilt hangt steckt zuletzt
    """,
    "NAMED": """
        zu_Ihrem_Namen unter_Ihrem_Namen auf_Ihren_Namen unter_diesem_Namen
        zu_diesem_Namen auf_diesen_Namen mit_diesem_Namen unter_dem_Namen
        zu_deinem_Namen unter_deinem_Namen zu_dieser_Adresse unter_dieser_Adresse
        zu_diesen_Angaben
    """,
    "DID": """
        angerufen gekundigt gebucht gekauft bestellt bezahlt unterschrieben
        abgeschlossen gewechselt beantragt verlangert storniert eingereicht verpasst
        uberwiesen abgehoben eroffnet angenommen zugestimmt registriert angemeldet
        zuruckgeschickt abgeholt umgebucht
    """,
    "YOU_DO": "Sie du",
    "YOU_ON": """
        Sie_sind Sie_haben Sie_nutzen Sie_stehen du_bist du_hast sind_Sie haben_Sie
    """,
    "PLAN": """
        tarif vertrag versichert gebucht abgesichert anspruch berechtigt konto kunde
        kundin mitglied mieter* fluggast
    """,
    "WITH_US": """
        bei_uns_versichert bei_uns_seit seit_Jahren_bei_uns Jahren_bei_uns
        Kunde_bei_uns Kundin_bei_uns Ihre_Treue deine_Treue jahrelange_Treue
        treuer_Kunde treue_Kundin kein_Kunde keine_Kundin nicht_Kunde nicht_bei_uns
        nicht_unser_Kunde langjahrige* Ihr_Aufenthalt Ihrem_Aufenthalt Ihrem_Einkauf
        Ihres_Einkaufs Ihrem_Besuch nicht_als_Mieter nicht_als_Kunde
        als_Mieter_gefuhrt als_Kunde_gefuhrt
    """,
    "REACHED": """
        geschrieben angeschrieben kontaktiert gemailt telefoniert gesprochen erinnert
        benachrichtigt informiert angerufen
    """,
    "MESSAGE": """
        nachricht pn dm privat* chat kommentar beitrag website app kontakt hinweis
        informationen
    """,
    "FAULT": """
        fehler versehen panne versaumnis schuld verschulden nachlassigkeit irrtum
        fehlbuchung schlamperei
    """,
    "OUR_SIDE": """
        unser* uns unsererseits bei_uns wir ich unterlaufen passiert auf_unserer_Seite
    """,
    "BADLY": "schlecht falsch fehlerhaft schlampig unprofessionell unfreundlich",
    "ACTED": "gehandelt behandelt bearbeitet reagiert kommuniziert gemacht gelaufen",
    "BROKE": """
        verloren vergessen beschadigt ubersehen versaumt verwechselt verschlampt
        zerbrochen geloscht versagt vertauscht abgerechnet zerstort verschuttet
        verlegt verschlafen falsch_eingegeben
    """,
    "SHOULD_NOT": """
        nicht_passieren_durfen nicht_vorkommen_durfen darf_nicht_passieren
        durfte_nicht_passieren hatte_nicht_passieren durfte_nicht_vorkommen
    """,
    "SHOULD_HAVE": "hatten_wir hatte_unser* wir_hatten hatten_unsere",
    "ADMITS": """
        unsere_Kappe gerade_stehen haben_Mist haben_wir_Mist verbockt vermasselt
        nicht_gerecht_geworden enttauscht_haben liegt_bei_uns liegt_an_uns
        unser_Fehler unsere_Schuld ubernehmen_die_Verantwortung
        tragen_die_Verantwortung schiefgelaufen das_war_unser* geschlampt gepatzt
        daneben_benommen
    """,
    "DENIES": """
        das_ist_nicht_richtig so_nicht_richtig stimmt_so_nicht stimmt_nicht nicht_wahr
        nicht_korrekt falsch_gelesen falsch_verstanden mehrfach_angeschrieben
        mehrfach_informiert wurden_informiert wurden_Sie_informiert darauf_hingewiesen
        Sie_hatten_lesen selbst_schuld eigenes_Verschulden widersprechen_wir
        weisen_wir_zuruck unbegrundet haltlos schwer_zu_glauben kaum_zu_glauben
        entspricht_nicht nicht_den_Tatsachen Sie_wussten Sie_haben_zugestimmt
        Sie_haben_unterschrieben hatten_Sie_die hatten_Sie_das hatten_Sie_den
        hatten_Sie_besser Sie_hatten ubertreib* wie_bereits wie_schon beruhigen_Sie
        unterstell* anders_abgelaufen so_nicht_passiert verschweigen Sie_irren
        Sie_tauschen erlogen unsinn bei_allem_Respekt zu_spat_gekommen
        nicht_erschienen selber_schuld alle_anderen was_Sie_behaupten steht_klar
        nicht_unsere_Schuld nicht_unser_Fehler Sie_behaupten Ihre_Sicht_der_Dinge
        verdrehen wer_lesen_kann klar_im_Vorteil stand_dran zu_spat_da lesen_mussen
        hatten_Sie verschweigst
    """,
    "FALSE": "falsch unwahr unzutreffend gelogen luge lugen",
    "CLAIM": "Ihre_Behauptung Ihr_Kommentar Ihre_Aussage Ihre_Darstellung Sie_sagen",
    "FINAL": """
        abschliessende_Stellungnahme endgultige_Entscheidung abschliessende_Antwort
        abschliessende_Entscheidung endgultige_Antwort bleibt_bei_unserer_Entscheidung
        unserer_Entscheidung
    """,
    "OMBUDSMAN": """
        ombudsmann* ombudsfrau schlichtungsstelle* bafin schlichter
        verbraucherschlichtung*
    """,
    "THEIRS": "Sie_konnen konnen_Sie Ihnen Ihr_Recht Sie_haben steht_Ihnen",
    "DELAY": "mehr_Zeit verzogert verzogerung langer_als grunde_der_Verzogerung",
    "COMPLAINT": "beschwerde reklamation",
    "STOPPED": """
        eingeschrankt gesperrt eingefroren angehalten gestoppt pausiert zuruckgehalten
        blockiert gekundigt geschlossen beschrankt ausgesetzt festgehalten limitiert
        sperrung
    """,
    "ASSET": """
        konto uberweisung zahlung karte geld guthaben transaktion zugang auszahlung
        geschaftsbeziehung kontoverbindung depot
    """,
    "REASON": """
        auffallig* verdachtig* verdacht* betrug* geldwasche* sicherheitsabteilung
        ungewohnlich* sicherheitsprufung compliance prufung ermittlung* polizei
        unregelmassig* sicherheitsgrund* risikoprufung
    """,
    "ASK": """
        schicken senden nennen brauchen brauchten benotigen teilen mitteilen geben
        posten schreiben angeben verraten bestatigen schick sende nenn gib schreib
        lautet welche* wie_lautet brauche benotige hinterlassen
    """,
    "DATA": """
        kundennummer geburtsdatum vollen_namen vollstandigen_namen Ihren_Namen
        telefonnummer handynummer mobilnummer rufnummer vertragsnummer bestellnummer
        auftragsnummer buchungsnummer kontonummer iban imei adresse anschrift
        postleitzahl plz e_mail_adresse mailadresse versicherungsnummer
        versicherungsscheinnummer schadensnummer kartennummer passwort pin
        personalausweis ausweisnummer sendungsnummer rechnungsnummer zahlernummer
        mitgliedsnummer vorgangsnummer Ihre_E geburtstag kontaktdaten kundendaten
        vor_und_nachnamen nachnamen ticketnummer
    """,
    "NEVER": "nie niemals nicht kein* ohne statt bitte_keine niemand",
    "IF": "wenn falls sobald ob wie sofern solange sollten bevor",
    "ANYBODY": """
        kunden alle allen jede* jeder normalerweise regel in_der_Regel ublicherweise
        grundsatzlich meist generell einzelne* wer fahrgaste reisende fluggaste oft
        manche* viele gaste studierende kinder familien senioren mieterinnen
    """,
    "PUBLIC": """
        app problem update pass fluge zuge zug bus busse strecke netz storung website
        seite filialen konzert veranstaltung fahrplan laden museum beitrag kommentar
        nutzer schalter strom stromausfall wetter sturm bahnhof gleis haltestelle
        geschaft parkplatz halle speisekarte sortiment fahrrader baustelle
    """,
    "SPEAKS": """
        privat* nachricht pn offentlich besprechen daruber_sprechen nichts_sagen
        auskunft hier_nicht
    """,
    "HOW_TO": "app website online seite portal konnen_Sie Sie_konnen kann_man",
    "PAST": "haben habe hatten hatte wurde hat wurden war waren",
    "SOFT": """
        weitergegeben notiert gelesen gehort gemeldet geantwortet eroffnet
        weitergeleitet veroffentlicht gern gerne freuen verstehen verstandnis begonnen
        erhoffen gestartet gestrichen geplant geoffnet beantworten wieder freut lesen
        geschlossen danke hilfe suchen stolz bemuhen bedauern wissen haben_geoffnet
        bitte tut_uns gewartet sagen_es kuche
    """,
    "WRONG": """
        falsch* doppelt versehentlich irrtumlich faelschlich falschlicherweise zweimal
    """,
    "LOOKING": "schauen prufen klaren herausfinden schiefgelaufen_ist",
    "NOT_ENOUGH": """
        schnell_genug rechtzeitig nicht_gemeldet nicht_reagiert nicht_geantwortet
        sorgfaltig_genug klar_genug nicht_informiert zu_spat zu_langsam
        nicht_gekummert nicht_aufgepasst nicht_hingeschaut gepennt geschlafen
    """,
    "HATTE": "hatte hatten durfte durften",
    "NICHT": "nicht nie niemals",
    "DURFEN": "durfen passieren erfolgen vorkommen geschehen sollen mussen",
    "AGREED": "beschlossen entschieden zugesagt bereit bereiterklart geeinigt",
    "EXPECT": "erhalten bekommen bekommst erhaltst",
    "TO_YOU": "zu_Ihnen bei_Ihnen_vorbei vor_Ihrer_Tur nach_Hause zu_dir",
    "FROM_YOU": "von_Ihnen von_dir",
    "HAVE": "haben habe hat liegt",
    "DELIVERED": """
        zugestellt geliefert ausgeliefert abgegeben abgeholt hinterlegt ubergeben
        installiert verschickt
    """,
    "NOBODY": "niemand keiner",
    "FORCED": "gezwungen versprochen verlangt genotigt",
    "THE_CASE": "der die das dem den diese* dieser",
    "WAS": "war wurde hat lief ging kam wurden bleibt ist_jetzt hatte platzte",
    "NO_WAY": """
        ausgeschlossen nicht_moglich nichts_machen nichts_tun bleibt_bestehen
        besteht_nicht kein_anspruch steht_nicht_zu abgelaufen nicht_mehr_moglich
    """,
    "GIVING": "geben schicken zahlen bieten",
    "WRONGED": """
        doppelt_belastet falsch_informiert falsch_beraten zu_viel_berechnet
        zu_viel_abgebucht doppelt_abgebucht
    """,
    "BY_US": "von_unser* von_uns durch_unser* durch_uns",
    "NEW": "neue neuen neues ein_neues",
    "APPEARS": "offenbar anscheinend es_scheint wie_es_aussieht",
    "YOU_TOLD": "Sie_uns uns_geschrieben uns_das du_uns",
    "UNBROKEN": "nicht_vergessen",
    "OURS": "unser* mein*",
    "NOT": "nicht nichts",
    "SOMEBODY": "jemand",
    "THEIRS_TO_SAY": """
        nachricht meinung sicherheit frage kommentar geduld idee beitrag bewertung
        hinweis verstandnis ruckmeldung feedback tag wochenende arger unmut vertrauen
        anliegen interesse lob worte nahe region stadt
    """,
    "DID_IT": "haben habe hatten hat",
    "HOPE": "leid hoffen wunschen schade schon",
    "BLAME": "schuld patzer wirrwarr",
    "MONEY": "$ £ € euro euros eur pfund gbp dollar usd aud chf franken cent rappen",
    "PAYS": """
        erstatt* zuruckerstatt* ruckerstatt* ruckvergut* zahlen zahlt zahlte zahlten
        gezahlt bezahl* uberweis* uberwies* gutschreib* gutgeschrieben schreiben
        schrieben abgebucht abbuchen belast* entschadig* vergut* ersetz* ausgezahlt
        auszahl* zuruckzahl* zuruckgezahlt zuruckuberw* zuruckgeb* zuruckgegeben
        erlassen erlassene schenken geschenkt berechnet eingezogen schulden
        kompensier* ausgleichen
    """,
    "PAYS_YOU": """
        zuruck berechnen berechneten belasten einziehen buchen buchten geben gaben
        gewahren senden schicken stornier* abziehen abgezogen zuruckerhalt*
        zuruckbekomm* wiederbekommen
    """,
    "YOU_PAY": "zahlen_Sie Sie_zahlen bezahlen_Sie Sie_bezahlen zahlst_du du_zahlst",
    "PRICE": "kostet kosteten Preis Preise Preisen",
    "CUSTOMER": """
        Kunde Kundin Versicherungsnehmer* Kontoinhaber* Karteninhaber* Abonnent
        Abonnentin Mandant Mandantin Neukunde Neukundin Stammkunde Stammkundin
        Bestandskunde Bestandskundin als_Kunden als_unseren_Kunden unserem_Kunden
    """,
    "NO_CUSTOMER": """
        jeder_Kunde jede_Kundin jeder_Kundin jedem_Kunden Kunde_werden Kundin_werden
        kein_anderer_Kunde anderer_Kunde andere_Kundin
    """,
    "SUPPOSE": "wenn falls sofern sollten ob sobald",
}
FRENCH = {
    "WE": "nous je j on_a on_vous on_va on_s_est",
    "OUR": "notre nos mon ma le la les l",
    "PEOPLE": """
        equipe* collegue* agent* conducteur* conductrice* technicien* livreur*
        chauffeur* agence conseiller* conseillere* systeme service_client equipage
        prestataire transporteur magasin personnel employe* hotesse* partenaire
        technicien medecin infirmiere dentiste boutique vendeur vendeuse caissier
        caissiere plombier installateur clinique
    """,
    "YOU": "vous votre vos te ton ta tes tu",
    "YOUR": "votre vos ton ta tes",
    "IT": "le la l les ca cela",
    "CASE": """
        compte contrat dossier commande reservation police sinistre pret credit carte
        cotisation prime mensualite colis facture paiement demande abonnement
        reclamation virement vol valise bagage* forfait decouvert prelevement frais
        remboursement rendez_vous adhesion box ligne solde depot assurance cheque bail
        loyer livret billet recours carte_grise reparation retour ordonnance resultats
        echeance consommation caution mutuelle hypotheque lave_linge matelas dent
        lunettes ordinateur telephone inscription voyage penalite interets
        prix_du_billet voiture maison logement montre vetement piece lettre argent
        recharge compteur carton
    """,
    "CASES": "colis commandes factures paiements comptes contrats virements bagages",
    "SEE": """
        vois voyons vu regarde regarder verifie verifier consulte consulter constate
        constatons trouve trouvons retrouve retrouvons examine ouvert confirme
        confirmons confirmer note jete_un_oeil vient_de apercois apres_verification
        verification_faite
    """,
    "GAVE": """
        rembourse* credite* indemnise* annule annulee annules annulees approuve*
        refuse refusee refuses refusees rejete* verse versee dedommage* offert offerte
        offerts deduit deduite regularise* accorde accordee accordons accepte acceptee
        restitue* procede_au octroye* surclasse abouti rendu rendue rendus rendues
    """,
    "ENDED": """
        traite traitee cloture cloturee resolu resolue resilie resiliee debloque
        debloquee corrige corrigee valide validee expedie expediee envoye envoyee
        envoyes remplace remplacee prolonge reactive modifie supprime supprimee regle
        reglee accorde favorable defavorable effectue effectuee parti partie livre
        livree arrive arrivee classe abouti aboutit
    """,
    "GIVE": """
        rembourser crediter indemniser annuler dedommager verser accorder approuver
        deduire restituer remboursons indemnisons accordons offrons versons
        dedommageons accordera remboursera rembourserons indemniserons annulerons
        crediterons verserons offrirons deduirons regulariser prenons_en_charge
        prendre_en_charge prendrons_en_charge annulons
    """,
    "GIVE_IT": "offrir envoyer donner faire proposer remplacer appliquer recevrez",
    "WILL": """
        allons va vont pouvons pourrons pourra avons_decide serons sera seront vais
        ai_decide souhaitons accordons offrons remboursons versons recevrez ferons
        accordera prendrons rembourserons indemniserons annulerons crediterons
        verserons offrirons deduirons prenons_en_charge
    """,
    "GIFT": """
        remboursement indemnisation bon_d_achat dedommagement compensation
        geste_commercial remise reduction cheque virement argent montant somme bon
        remplacement points miles mois_offert frais geste un_avoir l_avoir cadeau
    """,
    "SURE_GIFT": """
        le_remboursement votre_remboursement un_remboursement au_remboursement
        le_montant la_somme l_argent les_frais un_bon un_avoir l_indemnisation
        une_indemnisation aucun_remboursement un_geste remboursement_integral l_avoir
        le_virement un_cheque
    """,
    "COMES": """
        en_route est sera seront a_ete ont_ete procede envoye envoyee effectue
        vont_etre va_etre arrive arrivera parvenir parviendra verrez apparaitra
        recevrez valide lance etes sont partis parti credite traite ete
    """,
    "ADDED": """
        ajoute ajoutons applique deduit verse credite accordons accorde offert offrons
        faisons envoye transfere retire
    """,
    "AMOUNT": "€ % euros euro eur points miles francs $",
    "DECIDED": "decide decision conclu avis_favorable avis_defavorable statue",
    "BE": """
        est a ete sera etait n_est avait a_ete arrive part sont ont va indique prend
        reste se_termine court comprend couvre expire renouvele bloque retenu
    """,
    "NAMED": """
        a_ce_nom a_votre_nom sous_ce_nom sous_votre_nom au_nom_de a_cette_adresse
        avec_ce_nom correspondant_a
    """,
    "DID": """
        commande reserve souscrit appele paye signe resilie achete ouvert annule
        demande choisi accepte manque renouvele voyage retire recu transmis fourni
        rempli
    """,
    "YOU_DO": "vous_avez vous_aviez vous_etes tu_as vous_n_avez",
    "YOU_ON": """
        vous_etes vous_beneficiez vous_avez_droit vous_n_avez_pas_droit vous_disposez
        vous_n_etes tu_es vous_devez
    """,
    "PLAN": """
        forfait contrat couvert* assure* eligible* client* abonne* droit offre compte
        carte decouvert tarif adherent* locataire* vol
    """,
    "WITH_US": """
        client_chez_nous cliente_chez_nous chez_nous_depuis ans_chez_nous
        avec_nous_depuis votre_fidelite votre_confiance_depuis pas_client pas_cliente
        parmi_nos_clients parmi_nos_assures un_de_nos_clients pas_chez_nous
        votre_sejour votre_dernier_vol votre_dernier_achat votre_recente fidele_client
        fidele_cliente parmi_nos ne_figurez_pas n_etes_pas_chez
    """,
    "REACHED": """
        ecrit appele contacte telephone relance prevenu informe notifie courrier
    """,
    "MESSAGE": """
        message mp dm prive* chat commentaire publication site application
        informations conseils reponse
    """,
    "FAULT": """
        erreur erreurs faute fautes negligence manquement defaillance oubli bevue
        maladresse raté rate
    """,
    "OUR_SIDE": "notre nos nous de_notre commis",
    "BADLY": "mal maladroitement incorrectement impoliment desinvolte",
    "ACTED": "agi traite gere communique accueilli repondu fait reagi",
    "BROKE": """
        perdu casse oublie abime endommage egare trompe ignore confondu efface neglige
        bacle facture_deux bloque_par_erreur raye dechire renverse saute
    """,
    "SHOULD_NOT": """
        n_aurait_pas_du n_aurait_jamais_du n_auraient_pas_du n_aurions_pas_du
        pas_du_se_produire pas_du_arriver
    """,
    "SHOULD_HAVE": "aurions_du aurait_du auraient_du",
    "ADMITS": """
        on_assume nous_assumons notre_pomme mea_culpa nous_sommes_en_tort
        pas_ete_a_la_hauteur n_avons_pas_ete pas_fait_le_necessaire notre_faute
        notre_erreur reconnaissons_notre reconnaissons_nos nous_avons_failli
        nous_nous_sommes_trompes toutes_nos_excuses_pour_cette_erreur inexcusable
        est_de_notre_fait entierement_responsables
    """,
    "DENIES": """
        est_inexact est_faux c_est_faux n_est_pas_vrai n_est_pas_exact
        pas_ce_qui_s_est_passe vous_a_attendu difficile_a_croire nous_contestons
        mal_lu mal_compris vous_auriez_du vous_avez_tort vous_vous_trompez
        vous_etiez_prevenu vous_aviez_ete vous_avez_ete_informe ete_averti
        vous_avez_accepte vous_avez_signe sans_fondement infonde* mensong*
        comme_nous_vous comme_deja comme_indique il_suffisait il_fallait_lire
        lire_les_conditions vous_exagerez exagere calmez_vous votre_faute
        votre_responsabilite ne_correspond_pas_a_la_realite votre_version vous_oubliez
        vous_omettez de_mauvaise_foi mauvaise_foi arrive_en_retard vous_n_avez_pas
        pas_conforme_a_la_realite pas_passe_comme tous_les_autres quoi_que_vous
        pas_notre_faute vous_pretendez vous_saviez ecrit_noir deformez deformer
        vous_etes_arrive vous_n_aviez_qu_a il_suffit_de_lire sous_silence passez_sous
        en_desaccord
    """,
    "FALSE": "faux fausse inexact inexacte mensonger mensongere",
    "CLAIM": "ce_que_vous vos_propos votre_commentaire votre_avis vos_affirmations",
    "FINAL": """
        reponse_definitive decision_definitive reponse_finale position_definitive
        maintenons_notre_decision notre_decision_est decision_finale
        notre_position_reste
    """,
    "OMBUDSMAN": "mediateur mediation acpr mediatrice",
    "THEIRS": "vous_pouvez pouvez_saisir saisir votre_droit votre_dossier pouvez",
    "DELAY": "delai_supplementaire plus_de_temps motifs_du_retard",
    "COMPLAINT": "reclamation plainte",
    "STOPPED": """
        suspendu suspendue bloque bloquee gele gelee restreint limite limitee retenu
        retenue stoppe arrete cloture ferme interrompu suspension blocage
    """,
    "ASSET": """
        compte virement paiement carte fonds argent transaction acces operation solde
    """,
    "REASON": """
        inhabituel* suspect* fraude* securite soupcon* blanchiment conformite enquete
        verification* atypique* anomalie* irregulier*
    """,
    "ASK": """
        envoyer envoyez donner donnez indiquer indiquez communiquer communiquez
        faudrait besoin preciser precisez fournir fournissez confirmer confirmez
        transmettre transmettez quel quelle partager partagez laissez laisser mettez
    """,
    "DATA": """
        numero_de_* numero_client date_de_naissance nom_complet votre_nom
        nom_et_prenom vos_nom votre_adresse code_postal votre_telephone votre_numero
        votre_mail votre_e iban rib imei mot_de_passe coordonnees piece_d_identite
        votre_email reference_de_* nom_du_titulaire votre_prenom numeros_de_*
    """,
    "NEVER": "ne n jamais pas sans aucun* plutot_que",
    "IF": "si quand lorsque comment des_que avant_de en_cas",
    "ANYBODY": """
        clients chacun toute toutes tous tout generalement general habituellement
        voyageurs quiconque passagers souvent parfois abonnes
        conditions_de_remboursement chaque particulier etudiants enfants familles
        seniors
    """,
    "PUBLIC": """
        affichage application mise_a_jour trains train bus ligne_a reseau panne site
        concert magasins horaires route agences commentaire avis publication spectacle
        gare musee ligne guichet courant meteo tempete quai station parking vitrine
        carte_des collection travaux depend modele
    """,
    "SPEAKS": "prive* message mp public parler discuter evoquer",
    "HOW_TO": """
        application site en_ligne page vous_pouvez peut_etre peuvent_etre
        espace_client
    """,
    "PAST": "avons ai ont a_mal a_ete a_laisse a_oublie a_pris a_fait n_a",
    "SOFT": """
        transmis note lu entendu signale repondu ouvert desoles heureux ravis publie
        lance prevu partage comprenons retabli prenons ravie lisons travaillons
        excuses regrettons comptons esperons recrutons fiers transmettons commentons
        merci plu cuisine
    """,
    "WRONG": "mauvais mauvaise deux_fois par_erreur a_tort double mauvais_voisin",
    "LOOKING": "cherchons comprendre ce_qui_s_est_passe ce_qui",
    "NOT_ENOUGH": """
        assez_vite a_temps assez_rapidement pas_repondu pas_reagi pas_informe
        pas_prevenu trop_lents trop_tarde assez_clairs trop_tard
    """,
    "AGREED": "decide_de accepte_de convenu d_accord_pour refuse_de",
    "EXPECT": "recevoir recevrez toucher toucherez recevez",
    "TO_YOU": "chez_vous a_votre_domicile a_votre_porte passe_vous_voir",
    "FROM_YOU": "de_votre_part recu_votre",
    "HAVE": "avons ai a detenons gardons",
    "DELIVERED": "livre remis depose expedie distribue installe retire",
    "NOBODY": "personne",
    "FORCED": "oblige force promis demande contraint",
    "THE_CASE": "le la l ce cet cette",
    "WAS": "a_ete est_desormais a etait reste est_parti est_parvenu a_pris",
    "NO_WAY": """
        pas_possible exclu exclue rien_faire rien_y_faire hors_delai n_est_pas_du
        maintenu maintenue pas_droit
    """,
    "GIVING": "donnons envoyons payons offrons accordons",
    "WRONGED": """
        facture_deux_fois debite_deux_fois preleve_deux_fois mal_informe mal_conseille
        trop_percu mal_renseigne
    """,
    "BY_US": "par_notre par_nos par_nous par_un_de_nos",
    "NEW": "un_nouveau une_nouvelle nouvel",
    "APPEARS": "il_semble apparemment on_dirait il_s_avere",
    "YOU_TOLD": "vous_nous nous_avoir vous_avez_ecrit",
    "UNBROKEN": "pas_oublie",
    "OURS": "notre nos mon ma",
    "NOT": "pas rien plus",
    "SOMEBODY": "quelqu_un",
    "THEIRS_TO_SAY": """
        message avis securite question commentaire patience comprehension idee
        publication interet journee region ville agacement colere inquietude mot
        retour signalement soutien vie_privee
    """,
    "DID_IT": "avons ai a_donne a_depose",
    "HOPE": "desole* esperons souhaitons navre* ravis",
    "BLAME": "bug couac en_cause pagaille",
    "MONEY": "$ £ € euro euros eur livres gbp dollars usd chf francs franc centimes",
    "PAYS": """
        rembours* rendons rendu rendrons rendre restitu* credite* crediter creditons
        verse verser versons verserons versee verses payons paye payer paierons
        payerons dedommag* indemnis* preleve* prelevons recredit* reversons reverse
        deduisons deduit debite* debiter facturons accordons accorde accorderons
        offrons offrirons recevrez toucherez devons compensons compense regler reglons
    """,
    "PAYS_YOU": """
        facture facturer offert offerte offrir envoyons annulons annule retirons
        recevez rend rends
    """,
    "YOU_PAY": "vous_payez payez_vous vous_paierez tu_paies vous_ne_payez",
    "PRICE": "coute coutent couterait prix tarif tarifs",
    "CUSTOMER": """
        client cliente abonne abonnee titulaire assure assuree souscripteur societaire
    """,
    "NO_CUSTOMER": """
        service_client relation_client espace_client conseiller_client
        conseillere_client chaque_client tout_client un_autre_client devenir
        support_client compte_client avis_client carte_client satisfaction_client
        relations_client services_client chaque_abonne tout_abonne
    """,
    "SUPPOSE": "si quand lorsque en_cas",
}
SPANISH = {
    "WE": """
        hemos he vamos nos podemos podremos nosotros nuestro* nuestra* queremos
        tenemos vemos veo estamos haremos *amos *imos *emos
    """,
    "OUR": "nuestr* el la los las mi",
    "PEOPLE": """
        equipo companer* agente* conductor* tecnico* repartidor* oficina departamento
        sistema tripulacion personal empleado* emplead* mensajer* transportista tienda
        comercial* proveedor* medico enfermer* dentista vendedor* cajer* fontanero
        instalador* clinica
    """,
    "YOU": """
        usted ustedes su sus le les te tu tus contigo compensarle recibira recibiras
    """,
    "YOUR": "su sus tu tus",
    "IT": "lo la los las eso esto",
    "CASE": """
        cuenta contrato pedido reserva poliza prestamo tarjeta paquete envio factura
        prima cuota recibo pago solicitud expediente suscripcion reclamacion
        transferencia vuelo siniestro queja maleta equipaje tarifa descubierto cargo
        comision reembolso devolucion cita hipoteca linea router seguro saldo deposito
        fianza garantia importe nomina bono billete plaza domiciliacion alta baja
        reparacion receta resultados alquiler plan parte ingreso renovacion puntos
        abono compra incidencia recurso lavadora colchon gafas movil matricula viaje
        multa penalizacion intereses coche casa piso reloj ropa pieza carta dinero
        recarga obra recargo contador caja
    """,
    "CASES": "paquetes pedidos facturas pagos cuentas contratos cargos reservas",
    "SEE": """
        veo vemos visto revisado mirado consultado comprobado encontrado encontramos
        comprobamos confirmamos confirmar confirmo localizado localizamos consta
        figura revisando mirando aparece lo_he_mirado he_mirado lo_he_comprobado
    """,
    "GAVE": """
        devuelto devuelta reembolsad* abonad* compensad* indemnizad* anulad* aprobad*
        rechazad* denegad* condonad* desestimad* ingresad* concedid* descontad*
        bonificad* regalad* quitado retirado perdonad* estimado autorizad* prosperado
        quitamos perdonamos anulamos de_vuelta
    """,
    "ENDED": """
        resuelt* cerrad* cancelad* tramitad* enviado enviada desbloquead* corregid*
        reactivad* aceptad* cambiad* ampliad* sustituid* gestionad* finalizad*
        procesad* favorable desfavorable activad* entregad* prosperado prospero
    """,
    "GIVE": """
        devolver reembolsar abonar compensar indemnizar anular condonar conceder
        devolverle reembolsarle abonarle compensarle indemnizarle descontar
        descontarle bonificar ofrecerle devolveremos reembolsaremos abonaremos
        compensaremos indemnizaremos anularemos haremos descontaremos regalaremos
        asumiremos cubriremos devolverte compensarte pagaremos abonamos devolvemos
        ofrecemos devolverselo ingresaremos quitaremos retiraremos anularle quitarle
        reembolsarselo regalarle pagarle
    """,
    "GIVE_IT": "hacer enviar dar ofrecer pagar aplicar cubrir enviarle darle",
    "WILL": """
        vamos podemos podremos va_a voy_a hemos_decidido no_podemos haremos
        devolveremos reembolsaremos abonaremos compensaremos indemnizaremos anularemos
        descontaremos regalaremos asumiremos cubriremos pagaremos recibira recibiras
        ofrecemos abonamos devolvemos ingresaremos quitaremos retiraremos enviaremos
    """,
    "GIFT": """
        reembolso devolucion compensacion indemnizacion vale abono descuento dinero
        importe bono cheque regalo puntos millas sustitucion gastos gratis
    """,
    "SURE_GIFT": """
        el_reembolso su_reembolso el_dinero el_importe el_abono un_vale la_devolucion
        la_compensacion la_indemnizacion un_reembolso un_abono un_descuento
        ningun_reembolso ninguna_compensacion no_hay_reembolso la_comision
        una_compensacion el_vale
    """,
    "COMES": """
        en_camino esta_en sera ha_sido llegara llega recibira vera fue se_ha se_le
        aparecera saldra emitido enviado procede ingresado estara tramitado
    """,
    "ADDED": """
        abonar abonarle anadido anadir aplicado ingresado sumado haremos descontar
        regalado cargado quitado abonaremos descontaremos aplicaremos sumaremos
    """,
    "AMOUNT": "€ % euros euro eur puntos millas pesos $",
    "DECIDED": "decidido decision resolucion dictamen",
    "BE": """
        es esta fue ha sera salio llego sigue aparece figura estaba tiene vence
        termina vencio caduco incluye cubre estuvo van queda quedo sale llega
        se_concedio se_abrio se_renueva se_activo se_cancelo se parado retenido
    """,
    "NAMED": """
        a_su_nombre a_tu_nombre a_ese_nombre a_este_nombre con_ese_nombre
        con_ese_apellido bajo_ese_nombre en_esa_direccion con_esos_datos
        con_ese_correo
    """,
    "DID": """
        compro reservo contrato pidio llamo pago cancelo firmo acepto solicito renovo
        recibio viajo devolvio abrio
    """,
    "YOU_DO": "usted",
    "YOU_ON": """
        usted_es usted_tiene esta_usted tiene_derecho no_tiene_derecho
        tiene_contratad* usted_no usted_esta usted_debe
    """,
    "PLAN": """
        tarifa contrato poliza plan cubierto cubierta asegurad* client* derecho soci*
        abonad* cuenta inquilin* contratad*
    """,
    "WITH_US": """
        con_nosotros_desde anos_con_nosotros cliente_nuestro clienta_nuestra
        no_es_cliente es_cliente como_cliente entre_nuestros_clientes su_fidelidad
        su_confianza_durante su_estancia su_ultimo_vuelo su_ultima_compra su_reciente
        su_visita_a no_esta_con_nosotros cliente_desde socio_desde
        uno_de_nuestros_clientes una_de_nuestras_clientas no_figura_como
        no_figura_entre
    """,
    "REACHED": """
        escrito llamado contactado avisado informado enviado_una_carta escribimos
        llamamos contactamos avisamos
    """,
    "MESSAGE": """
        mensaje md privado privada chat comentario publicacion web aplicacion
        informacion respuesta consejos
    """,
    "FAULT": """
        error errores fallo fallos culpa negligencia descuido despiste equivocacion
    """,
    "OUR_SIDE": "nuestr* por_nuestra de_nuestra nosotros cometimos cometido hemos",
    "BADLY": "mal incorrectamente fatal groseramente",
    "ACTED": """
        actuado atendido gestionado tratado comunicado respondido hecho atendio trato
        gestiono
    """,
    "BROKE": """
        perdio perdido rompio olvido olvidado equivoco equivocado danado dano extravio
        extraviado ignorado borrado confundido cobrado_dos cobro_dos rayado derramado
        estropeado estropeo
    """,
    "SHOULD_NOT": """
        no_deberia_haber no_debio no_debia_haber no_tendria_que_haber nunca_debio
        nunca_deberia no_tenia_que
    """,
    "SHOULD_HAVE": """
        deberiamos_haber tendriamos_que_haber debimos_haber debimos
        tendriamos_que_haberle deberiamos_haberle tenia_que_haber
    """,
    "ADMITS": """
        cosa_nuestra lo_asumimos asumimos_la culpa_nuestra error_nuestro fallo_nuestro
        es_nuestra_responsabilidad hemos_fallado le_hemos_fallado
        no_hemos_estado_a_la_altura no_estuvimos_a_la_altura metimos_la_pata
        nos_equivocamos nos_hemos_equivocado reconocemos_el reconocemos_nuestro*
        no_tiene_excusa sin_excusas somos_responsables
    """,
    "DENIES": """
        no_es_cierto no_es_verdad no_es_asi no_fue_asi no_ocurrio_asi no_sucedio_asi
        no_paso_asi leyo_mal entendio_mal interpreto_mal cuesta_creer dificil_de_creer
        es_falso falta_a_la_verdad no_se_presento llego_tarde deberia_haber_leido
        tendria_que_haber_leido usted_sabia ya_se_le se_le_informo se_le_aviso como_ya
        como_le sin_fundamento infundad* usted_acepto usted_firmo su_responsabilidad
        culpa_suya exagera* no_estamos_de_acuerdo discrepamos miente mentira
        su_version letra_pequena leer_las_condiciones si_hubiera no_nos_consta_que
        lea_las_condiciones no_corresponde_a_la_realidad no_se_ajusta usted_eligio
        usted_decidio con_el_debido_respeto calmese usted_no_aviso usted_no_llamo
        se_equivoca todos_los_demas diga_lo_que_diga no_es_culpa_nuestra
        no_es_nuestra_culpa usted_afirma usted_lo_sabia lo_pone_bien_claro
        usted_miente tergivers* sacando_de_contexto haber_leido bastaba_con
        usted_se_calla se_calla omite oculta
    """,
    "FALSE": "falso falsa incorrecto incorrecta inexacto",
    "CLAIM": "lo_que_dice lo_que_usted su_comentario su_resena sus_afirmaciones",
    "FINAL": """
        respuesta_definitiva decision_definitiva respuesta_final
        mantenemos_nuestra_decision nuestra_decision_es decision_final
        resolucion_definitiva decision_es_firme
    """,
    "OMBUDSMAN": "defensor* ombudsman banco_de_espana consumo cnmv",
    "THEIRS": "puede_acudir puede_dirigirse puede_reclamar su_derecho puede",
    "DELAY": "mas_tiempo plazo_adicional motivos_del_retraso motivos_de_la_demora",
    "COMPLAINT": "reclamacion queja",
    "STOPPED": """
        limitad* bloquead* congelad* suspendid* parado paro detenid* retenid*
        paralizad* restringid* cerrad* retuvo detuvo bloqueo suspension
    """,
    "ASSET": "cuenta transferencia pago tarjeta fondos dinero operacion acceso saldo",
    "REASON": """
        sospech* inusual* fraude* blanqueo seguridad investigacion verificacion*
        cumplimiento extran* irregular* anomal*
    """,
    "ASK": """
        envienos enviar indiquenos indique digame diganos facilitenos facilite
        necesitamos falta hace_falta confirmenos confirme denos dejenos compartir
        comparta mande mandenos cual pasenos deme escribanos envie enviame dinos
        necesitariamos
    """,
    "DATA": """
        numero_de_* su_dni dni nie nombre_completo su_nombre apellidos
        fecha_de_nacimiento su_telefono su_correo su_direccion codigo_postal iban imei
        contrasena pin datos_bancarios datos_personales su_movil su_email
        nombre_del_titular referencia_de_* localizador sus_datos
    """,
    "NEVER": "no nunca jamas sin nadie ningun* evite* en_vez_de",
    "IF": "si cuando donde en_caso siempre_que antes_de",
    "ANYBODY": """
        clientes todos todas cualquier* cada normalmente general habitualmente suelen
        suele viajeros pasajeros particulares algunos condiciones_de_devolucion quien
        estudiantes ninos familias mayores
    """,
    "PUBLIC": """
        aplicacion actualizacion trenes tren autobus linea_1 red averia web concierto
        tiendas horario carretera oficinas comentario resena publicacion museo
        estacion ruta ventanilla luz tormenta tiempo_ anden parada aparcamiento
        carta_de obras_ coleccion depende puerto
    """,
    "SPEAKS": "privado mensaje publico hablar comentar",
    "HOW_TO": "aplicacion web en_linea pagina puede_ver puede_consultar se_puede",
    "PAST": "*ado *ido *amos *imos hecho puesto escrito roto visto *aron *ieron",
    "SOFT": """
        estado ultimos
        pasado anotado leido oido trasladado abierto contestado respondido publicado
        sentimos lamentamos compartido avisado hablamos leemos agradecemos recuperado
        escuchado trabajamos entendemos empezado estamos pasamos pedimos nunca ilusion
        buscamos orgullosos esperamos contamos cocina
    """,
    "WRONG": "equivocad* dos_veces por_error mal erronea erroneo incorrect*",
    "LOOKING": "mirar averiguar entender que_paso que_ha_pasado investigando",
    "NOT_ENOUGH": """
        a_tiempo suficientemente_rapido no_reaccionamos no_respondimos no_avisamos
        no_contestamos demasiado_tarde tardamos_demasiado no_le_avisamos
        no_le_informamos bastante_rapido lo_bastante
    """,
    "AGREED": "decidido_no decidido acordado aceptado accedido",
    "EXPECT": "recibira recibiras vera cobrara tendra de_vuelta",
    "TO_YOU": """
        por_su_casa a_su_domicilio a_su_casa en_su_domicilio a_su_puerta en_su_casa
    """,
    "FROM_YOU": "de_usted recibido_su recibimos_su",
    "HAVE": "tenemos tengo hay guardamos",
    "DELIVERED": """
        entrego entregado entregamos recogido dejo dejado enviado instalado expedido
    """,
    "NOBODY": "nadie",
    "FORCED": "obligo forzo prometio pidio obligado",
    "THE_CASE": "el la ese esa este esta lo",
    "WAS": "fue ha esta quedo salio sigue se_cobro estaba estuvo",
    "NO_WAY": """
        no_es_posible excluid* nada_que_hacer fuera_de_plazo no_procede se_mantiene
        no_corresponde no_hay_derecho
    """,
    "GIVING": "dando enviando regalando ofreciendo",
    "WRONGED": """
        cobrado_dos_veces mal_informado mal_asesorado cobrado_de_mas informado_mal
    """,
    "BY_US": "por_nuestro* por_nuestra* por_nosotros",
    "NEW": "un_nuevo una_nueva otro otra",
    "APPEARS": "parece_que al_parecer por_lo_visto resulta_que",
    "YOU_TOLD": "nos_ha nos_escribe usted_nos haya_escrito",
    "UNBROKEN": "no_lo_hemos no_hemos no_nos_hemos",
    "OURS": "nuestr* mi",
    "NOT": "no nada",
    "SOMEBODY": "alguien",
    "THEIRS_TO_SAY": """
        mensaje opinion seguridad pregunta comentario paciencia idea resena interes
        comprension dia zona ciudad enfado malestar palabras apoyo privacidad disgusto
    """,
    "DID_IT": "hemos he dejaron *aron *ieron dejo dio",
    "HOPE": "sentimos lamentamos esperamos deseamos siento",
    "BLAME": "chapuza lio",
    "MONEY": "$ £ € euro euros eur libras gbp dolares usd pesos chf francos centimos",
    "PAYS": """
        devolv* devuelv* devuelt* devolu* reembols* abonamos abonaremos abonado
        abonada abonar* abone pagamos pagaremos pagado pagarle pagarte compens*
        indemniz* reintegr* ingresamos ingresaremos ingresado ingresar* cobrado
        cobraron cargado descontamos descontado descontaremos descontar* regalamos
        regalaremos condon* bonific* transferimos transferido transferiremos restitu*
        recibira recibiras perdonamos perdonado debemos adeudado
    """,
    "PAYS_YOU": """
        cobramos cobrar* cobraremos cargamos cobro facturamos facturado enviamos
        enviaremos damos daremos anulamos quitamos
    """,
    "YOU_PAY": "usted_paga paga_usted usted_pagara tu_pagas",
    "PRICE": "cuesta cuestan costaba precio precios",
    "CUSTOMER": """
        cliente clienta titular abonada asegurado asegurada tomador tomadora
        suscriptor suscriptora
    """,
    "NO_CUSTOMER": """
        atencion_al_cliente servicio_al_cliente servicio_de_atencion cada_cliente
        cualquier_cliente todo_cliente otro_cliente hacerse hazte hagase
        area_de_cliente area_cliente titular_de_prensa ser_cliente
    """,
    "SUPPOSE": "si cuando en_caso siempre_que",
}

LEXICONS = (ENGLISH, GERMAN, FRENCH, SPANISH)

_NUMBER_WORDS = """
    one two three four five six seven eight nine ten eleven twelve fifteen twenty
    thirty forty fifty sixty seventy eighty ninety hundred thousand eins zwei drei
    vier funf sechs sieben acht neun zehn elf zwolf funfzehn zwanzig dreissig vierzig
    funfzig sechzig siebzig achtzig neunzig hundert tausend deux trois quatre cinq
    sept huit neuf dix onze douze quinze vingt trente quarante cinquante soixante cent
    mille dos tres cuatro cinco seis siete ocho nueve diez once doce quince veinte
    treinta cuarenta cincuenta sesenta setenta ochenta noventa cien mil
"""
NUMBERS = frozenset(_NUMBER_WORDS.split())
"""Numbers in words, after which a currency is an amount."""
